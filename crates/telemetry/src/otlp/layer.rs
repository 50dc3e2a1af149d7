//! Takes up spans of `tracing` that have a place in a trace.

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_domain::port::Clock;
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Spans that wait for the collector, at most. One is about a kilobyte.
const MOST_WAITING: usize = 4096;

/// A span that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ended {
    pub(super) name: String,
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) parent_id: Option<String>,
    pub(super) is_server: bool,
    pub(super) start_ns: i64,
    pub(super) end_ns: i64,
    pub(super) error: Option<String>,
    pub(super) attributes: Vec<(String, Value)>,
}

/// The layer that takes spans up. A span takes part that has the fields `trace.id` and `span.id`,
/// and not `trace.sampled` with `false`; `parent.id` is the span around it, `span.title` its name,
/// `start_ns` its start if it began before it was made, and `error.type` says that it failed.
pub struct Spans {
    clock: Arc<dyn Clock>,
    sink: mpsc::Sender<Ended>,
}

/// The layer, and where its spans come out.
pub fn spans(clock: Arc<dyn Clock>) -> (Spans, SpanSource) {
    let (sink, source) = mpsc::channel(MOST_WAITING);
    (Spans { clock, sink }, SpanSource(source))
}

/// Where spans come out.
pub struct SpanSource(pub(super) mpsc::Receiver<Ended>);

/// What is known of a span that has not ended.
struct Open {
    fields: Fields,
    start_ns: i64,
}

#[derive(Default)]
struct Fields {
    trace_id: Option<String>,
    span_id: Option<String>,
    parent_id: Option<String>,
    title: Option<String>,
    start_ns: Option<i64>,
    error: Option<String>,
    not_sampled: bool,
    attributes: Vec<(String, Value)>,
}

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        let text = || value.as_str().map(str::to_owned);
        match name {
            "trace.id" => self.trace_id = text(),
            "span.id" => self.span_id = text(),
            "parent.id" => self.parent_id = text(),
            "span.title" => self.title = text(),
            "start_ns" => self.start_ns = value.as_i64(),
            "trace.sampled" => self.not_sampled = value == json!(false),
            "error.type" => {
                self.error = text();
                self.attributes.push((name.to_owned(), value));
            }
            _ => self.attributes.push((name.to_owned(), value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field.name(), json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), json!(value));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let start_ns = fields.start_ns.unwrap_or_else(|| self.clock.now().as_nanos());
        span.extensions_mut().insert(Open { fields, start_ns });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let ended = ended(span.name(), open, self.clock.now().as_nanos());
        // Whoever is served must not wait for the collector: what it has no room for is lost.
        if ended.is_some_and(|ended| self.sink.try_send(ended).is_err()) {
            metrics::counter!("tapedeck_telemetry_spans_dropped_total").increment(1);
        }
    }
}

fn ended(name: &str, Open { fields, start_ns }: Open, now_ns: i64) -> Option<Ended> {
    if fields.not_sampled {
        return None;
    }
    Some(Ended {
        name: fields.title.unwrap_or_else(|| name.to_owned()),
        trace_id: fields.trace_id?,
        span_id: fields.span_id?,
        parent_id: fields.parent_id,
        is_server: name == "request",
        start_ns,
        // The wall clock may have been set back meanwhile.
        end_ns: now_ns.max(start_ns),
        error: fields.error,
        attributes: fields.attributes,
    })
}

impl Spans {
    /// Which spans it wants, however little is logged.
    pub fn filter() -> FilterFn<fn(&Metadata<'_>) -> bool> {
        FilterFn::new(is_traced)
    }
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.fields().field("trace.id").is_some()
}
