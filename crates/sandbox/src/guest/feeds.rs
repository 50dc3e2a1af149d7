//! Indicators that a guest asked for, computed by the engine as the bars come.

use std::ops::Range;

use serde_json::{Value, json};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;
use tapedeck_domain::rules::RuleSet;
use tapedeck_engine::indicator::Stream;
use tapedeck_engine::program::BLOCK;

use super::abi::MAX_INDICATORS;

/// The indicators of a guest, by their handles.
#[derive(Default)]
pub(super) struct Feeds {
    feeds: Vec<Feed>,
    /// The first bar of the block.
    start: usize,
}

struct Feed {
    stream: Stream,
    /// For each output, the values of the block.
    outputs: Vec<Vec<f64>>,
}

impl Feeds {
    /// Adds an indicator and gives its handle.
    pub(super) fn add(&mut self, expression: &[u8]) -> Result<i32, String> {
        let handle = self.feeds.len();
        if handle >= MAX_INDICATORS {
            return Err(format!("at most {MAX_INDICATORS} indicators"));
        }
        let indicator = parse(expression)?;
        let outputs = vec![vec![f64::NAN; BLOCK]; indicator.outputs().len()];
        self.feeds.push(Feed { stream: Stream::new(&indicator), outputs });
        i32::try_from(handle).map_err(|error| error.to_string())
    }

    /// Computes the values of the next bars.
    pub(super) fn block(&mut self, bars: BarView<'_>, block: &Range<usize>) {
        self.start = block.start;
        for Feed { stream, outputs } in &mut self.feeds {
            let mut out: Vec<&mut [f64]> =
                outputs.iter_mut().map(|values| &mut values[..block.len()]).collect();
            stream.block(bars, block.clone(), &mut out);
        }
    }

    /// The value of an output at bar `i` of the block.
    #[inline]
    pub(super) fn value(&self, handle: i32, output: i32, i: usize) -> Result<f64, String> {
        let index = |number: i32| usize::try_from(number).unwrap_or(usize::MAX);
        let feed = self.feeds.get(index(handle)).ok_or_else(|| {
            format!("there is no indicator {handle}: init asked for {}", self.feeds.len())
        })?;
        let values = feed.outputs.get(index(output)).ok_or_else(|| {
            format!("indicator {handle} has no output {output}: it has {}", feed.outputs.len())
        })?;
        Ok(values.get(i.wrapping_sub(self.start)).copied().unwrap_or(f64::NAN))
    }

    /// The columns of all outputs, in the order of handles.
    pub(super) fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.feeds.iter().flat_map(|feed| feed.outputs.iter().map(Vec::as_slice))
    }
}

/// An expression as rule sets write it, by the reader of rule sets.
fn parse(expression: &[u8]) -> Result<Indicator, String> {
    let expression: Value =
        serde_json::from_slice(expression).map_err(|error| format!("it is not JSON: {error}"))?;
    let always = json!({"op": "gt", "left": "close", "right": 0});
    let rules = json!({"indicators": {"it": expression}, "entry": {"all": [always]}});
    let rules = RuleSet::parse(&rules).map_err(|faults| {
        let own = |pointer: &str| pointer.replacen("/indicators/it", "", 1);
        let faults = faults.iter().map(|fault| match own(&fault.pointer).as_str() {
            "" => fault.detail.clone(),
            at => format!("{at}: {}", fault.detail),
        });
        faults.collect::<Vec<_>>().join("; ")
    })?;
    let resolved = rules.resolve(&rules.defaults()).ok();
    let found = resolved.and_then(|resolved| resolved.indicators.into_iter().next());
    found.map(|(_, indicator)| indicator).ok_or_else(|| "it is no indicator".to_owned())
}
