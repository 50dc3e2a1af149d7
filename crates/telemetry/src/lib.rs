#![doc = include_str!("../README.md")]

mod metrics;
mod otlp;

pub use metrics::{
    Family, Kind, METRICS, Metric, Registry, Sample, Value, gauge, process_families, render,
};
pub use otlp::{Collector, Exporter, ExporterHandle, Reading, SpanSource, Spans, spans};
