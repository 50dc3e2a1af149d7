//! Keeps the sums that other crates count through the facade.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SetRecorderError, SharedString,
    Unit,
};

use super::histogram::Buckets;
use super::table::{self, Kind, METRICS, Metric};
use super::{Family, Sample, Value};

/// Sets of labels of one metric that are counted. Labels are few by design; this holds when a
/// mistake makes them many.
const MOST_SERIES: usize = 2000;

/// The sums of this process. Cloning shares them.
#[derive(Clone, Default)]
pub struct Registry(Arc<Series>);

#[derive(Default)]
struct Series {
    known: RwLock<HashMap<Key, Cell>>,
    refused: AtomicU64,
}

#[derive(Clone)]
enum Cell {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

impl Cell {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Self::Counter(Arc::default()),
            Kind::Gauge => Self::Gauge(Arc::default()),
            Kind::Histogram(bounds) => Self::Histogram(Arc::new(Buckets::new(bounds))),
        }
    }

    fn value(&self) -> Value {
        match self {
            Self::Counter(count) => Value::Number(count.load(Ordering::Relaxed) as f64),
            Self::Gauge(bits) => Value::Number(f64::from_bits(bits.load(Ordering::Relaxed))),
            Self::Histogram(buckets) => buckets.value(),
        }
    }
}

impl Registry {
    /// Has this registry keep what the whole process counts from now on.
    ///
    /// # Errors
    /// Another recorder does already.
    pub fn install(&self) -> Result<(), SetRecorderError<Self>> {
        metrics::set_global_recorder(self.clone())
    }

    /// All metrics of the table, with the sums so far.
    pub fn families(&self) -> Vec<Family> {
        let mut samples: BTreeMap<&str, Vec<Sample>> = BTreeMap::new();
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        for (key, cell) in known.iter() {
            let Some(metric) = table::find(key.name()) else { continue };
            let labels = key.labels().map(|label| (label.key().into(), label.value().into()));
            let sample = Sample { labels: labels.collect(), value: cell.value() };
            samples.entry(metric.name).or_default().push(sample);
        }
        drop(known);
        let refused = Value::Number(self.0.refused.load(Ordering::Relaxed) as f64);
        samples.insert(REFUSED, vec![Sample { labels: Vec::new(), value: refused }]);
        METRICS
            .iter()
            .map(|metric| {
                let mut samples = samples.remove(metric.name).unwrap_or_default();
                samples.sort_by(|one, other| one.labels.cmp(&other.labels));
                if samples.is_empty() && starts_at_zero(metric) {
                    samples.push(Sample { labels: Vec::new(), value: Value::Number(0.0) });
                }
                Family { metric, samples }
            })
            .collect()
    }

    /// The cell of a key; `None` when the table does not have it, or there are too many.
    fn cell(&self, key: &Key) -> Option<Cell> {
        let known = self.0.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = known.get(key) {
            return Some(cell.clone());
        }
        drop(known);
        let metric = table::find(key.name())?;
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        let same_name = known.keys().filter(|other| other.name() == key.name()).count();
        if same_name >= MOST_SERIES && !known.contains_key(key) {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(known.entry(key.clone()).or_insert_with(|| Cell::new(metric.kind)).clone())
    }
}

const REFUSED: &str = "tapedeck_metrics_refused_total";

/// A counter without labels is there from the start, so that its first step is seen as one.
fn starts_at_zero(metric: &Metric) -> bool {
    metric.kind == Kind::Counter && metric.labels.is_empty() && metric.name.starts_with("tapedeck")
}

/// Descriptions are those of the table.
impl Recorder for Registry {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.cell(key) {
            Some(Cell::Counter(count)) => Counter::from_arc(count),
            Some(Cell::Gauge(_) | Cell::Histogram(_)) | None => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.cell(key) {
            Some(Cell::Gauge(bits)) => Gauge::from_arc(bits),
            Some(Cell::Counter(_) | Cell::Histogram(_)) | None => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.cell(key) {
            Some(Cell::Histogram(buckets)) => Histogram::from_arc(buckets),
            Some(Cell::Counter(_) | Cell::Gauge(_)) | None => Histogram::noop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(families: &'a [Family], name: &str) -> &'a [Sample] {
        &families.iter().find(|family| family.metric.name == name).unwrap().samples
    }

    #[test]
    fn sums_are_kept_by_their_labels() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            for kind in ["one", "one", "other"] {
                metrics::counter!("tapedeck_streams_opened_total", "kind" => kind).increment(1);
            }
            metrics::gauge!("tapedeck_queue_paused").set(1.0);
            metrics::histogram!("tapedeck_run_attempts").record(2.0);
        });
        let families = registry.families();
        let opened = of(&families, "tapedeck_streams_opened_total");
        let kind = |text: &str| vec![("kind".to_owned(), text.to_owned())];
        assert_eq!(opened[0], Sample { labels: kind("one"), value: Value::Number(2.0) });
        assert_eq!(opened[1], Sample { labels: kind("other"), value: Value::Number(1.0) });
        assert_eq!(of(&families, "tapedeck_queue_paused")[0].value, Value::Number(1.0));
        assert_eq!(of(&families, "tapedeck_workers_lost_total")[0].value, Value::Number(0.0));
        assert_eq!(of(&families, "tapedeck_run_attempts").len(), 1);
        assert_eq!(families.len(), METRICS.len());
    }

    #[test]
    fn there_is_an_end_to_sets_of_labels() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            for n in 0..MOST_SERIES + 7 {
                let kind = n.to_string();
                metrics::counter!("tapedeck_streams_opened_total", "kind" => kind).increment(1);
            }
        });
        let families = registry.families();
        assert_eq!(of(&families, "tapedeck_streams_opened_total").len(), MOST_SERIES);
        assert_eq!(of(&families, REFUSED)[0].value, Value::Number(7.0));
    }

    #[test]
    fn what_the_table_does_not_have_is_not_counted() {
        let registry = Registry::default();
        metrics::with_local_recorder(&registry, || {
            metrics::counter!("tapedeck_nothing_total").increment(1);
            metrics::gauge!("tapedeck_workers_lost_total").set(5.0);
        });
        let families = registry.families();
        assert!(families.iter().all(|family| family.metric.name != "tapedeck_nothing_total"));
        assert_eq!(of(&families, "tapedeck_workers_lost_total")[0].value, Value::Number(0.0));
    }
}
