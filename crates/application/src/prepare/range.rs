//! The bars that a request asks for, and whether there are so many and no more.

use tapedeck_domain::bars::Bars;
use tapedeck_domain::dataset::Dataset;
use tapedeck_domain::job::{LimitKind, Limits};
use tapedeck_domain::time::Timestamp;

use crate::request::{BacktestRequest, FaultCode, FieldFault};

pub(super) struct Range {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) bars: u64,
}

/// The range that was asked for, if the dataset covers it. A bar covers its interval; a moment
/// on the day of the first or last bar counts as covered, since bare dates mean whole days.
pub(super) fn range(
    request: &BacktestRequest,
    dataset: &Dataset,
    bars: &Bars,
) -> Result<Range, Vec<FieldFault>> {
    let from = request.from.unwrap_or(dataset.from);
    let to = request.to.unwrap_or(dataset.to);
    let end = dataset.to.saturating_add_nanos(dataset.interval.as_nanos() - 1);
    let covered = format!("`{}` covers {} to {}", dataset.id, dataset.from, dataset.to);
    let fault = |pointer: &str, code, detail: String| FieldFault {
        pointer: pointer.to_owned(),
        code,
        detail,
    };
    let mut faults = Vec::new();
    if from < dataset.from && from.utc_day() < dataset.from.utc_day() {
        let detail = format!("{from} is before the first bar; {covered}");
        faults.push(fault("/from", FaultCode::NotCovered, detail));
    }
    if to > end && to.utc_day() > dataset.to.utc_day() {
        let detail = format!("{to} is after the last bar; {covered}");
        faults.push(fault("/to", FaultCode::NotCovered, detail));
    }
    if from > to {
        let detail = format!("`to` must not be before `from`, and {to} is before {from}");
        faults.push(fault("/to", FaultCode::Range, detail));
    }
    let bars = bars.view().between(from, to).len() as u64;
    if faults.is_empty() && bars == 0 {
        let detail = format!("there is no bar from {from} to {to}; {covered}");
        faults.push(fault("/from", FaultCode::NotCovered, detail));
    }
    if faults.is_empty() { Ok(Range { from, to, bars }) } else { Err(faults) }
}

/// Whether the run has no more bars than it may have. The engine would break it off; it is told
/// before anything is spent.
pub(super) fn within(
    range: &Range,
    limits: Limits,
    request: &BacktestRequest,
) -> Result<Limits, Vec<FieldFault>> {
    if range.bars <= limits.bars {
        return Ok(limits);
    }
    let asked = request.limits.contains_key(&LimitKind::Bars);
    let pointer = if asked { "/limits/bars" } else { "/from" }.to_owned();
    let detail = format!("the run has {} bars, and the limit is {}", range.bars, limits.bars);
    Err(vec![FieldFault { pointer, code: FaultCode::Range, detail }])
}
