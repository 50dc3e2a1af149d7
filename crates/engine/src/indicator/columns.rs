//! An indicator over all bars.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;

use super::Stream;

/// Small enough for the nearest cache.
const BLOCK: usize = 1024;

/// The values at all bars, a column for each output.
pub fn columns(indicator: &Indicator, bars: BarView<'_>) -> Vec<Vec<f64>> {
    let mut columns = vec![vec![0.0; bars.len()]; indicator.outputs().len()];
    let mut stream = Stream::new(indicator);
    let mut rest: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
    for start in (0..bars.len()).step_by(BLOCK) {
        let end = bars.len().min(start + BLOCK);
        let cut = |slice| -> (&mut [f64], &mut [f64]) { <[f64]>::split_at_mut(slice, end - start) };
        let (mut block, after): (Vec<_>, Vec<_>) = rest.into_iter().map(cut).unzip();
        stream.block(bars, start..end, &mut block);
        rest = after;
    }
    columns
}
