//! What is counted, and how it is written.

mod histogram;
mod process;
mod registry;
mod table;
mod text;

pub use process::process_families;
pub use registry::Registry;
pub use table::{Kind, METRICS, Metric};
pub use text::render;

/// A metric with its values at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Which one.
    pub metric: &'static Metric,
    /// One for each set of labels.
    pub samples: Vec<Sample>,
}

/// The value of one set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Names and values.
    pub labels: Vec<(String, String)>,
    /// How much.
    pub value: Value,
}

/// How much.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram.
    Histogram {
        /// How many values fell between a bound and the one before; one more than there are
        /// bounds.
        counts: Vec<u64>,
        /// All of them together.
        sum: f64,
    },
}

/// A gauge that was just looked up, with its labels. `None` when the table has none of this name.
pub fn gauge(
    name: &str,
    samples: impl IntoIterator<Item = (Vec<(&'static str, String)>, f64)>,
) -> Option<Family> {
    let metric = table::find(name)?;
    let sample = |(labels, value): (Vec<(&str, String)>, f64)| Sample {
        labels: labels.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(),
        value: Value::Number(value),
    };
    Some(Family { metric, samples: samples.into_iter().map(sample).collect() })
}
