//! Traces and metrics to a collector: OTLP over HTTP, as JSON.
//!
//! By hand, in a few hundred lines: the OpenTelemetry crates take as long to build as the server's
//! own HTTP side does, and would bring ids and clocks of their own.

mod collector;
mod exporter;
mod json;
mod layer;

pub use collector::Collector;
pub use exporter::{Exporter, ExporterHandle, Reading};
pub use layer::{SpanSource, Spans, spans};
