//! The messages of OTLP in their JSON form. Whole numbers of 64 bits are texts in it.

use serde_json::{Map, Value, json};

use super::layer::Ended;
use crate::metrics::{Family, Kind, Sample, Value as Measured};

/// Who sends: the attributes of the resource.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) service: String,
    pub(super) version: String,
    pub(super) instance: String,
}

impl Sender {
    fn resource(&self) -> Value {
        let attributes = [
            ("service.name", &self.service),
            ("service.version", &self.version),
            ("service.instance.id", &self.instance),
        ];
        let attributes = attributes.map(|(name, text)| attribute(name, &json!(text)));
        json!({"attributes": attributes})
    }

    fn scope(&self) -> Value {
        json!({"name": "tapedeck", "version": self.version})
    }
}

/// An `ExportTraceServiceRequest`.
pub(super) fn traces(sender: &Sender, spans: &[Ended]) -> Value {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{
        "resource": sender.resource(),
        "scopeSpans": [{"scope": sender.scope(), "spans": spans}],
    }]})
}

const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
const FAILED: u8 = 2;
/// Sampled.
const FLAGS: u8 = 1;

fn span(span: &Ended) -> Value {
    let attributes: Vec<Value> =
        span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut wire = json!({
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "flags": FLAGS,
        "name": span.name,
        "kind": if span.is_server { SERVER } else { INTERNAL },
        "startTimeUnixNano": span.start_ns.to_string(),
        "endTimeUnixNano": span.end_ns.to_string(),
        "attributes": attributes,
    });
    if let Some(parent) = &span.parent_id {
        wire["parentSpanId"] = json!(parent);
    }
    if let Some(error) = &span.error {
        wire["status"] = json!({"code": FAILED, "message": error});
    }
    wire
}

fn attribute(name: &str, value: &Value) -> Value {
    let typed = match value {
        Value::Bool(_) => json!({"boolValue": value}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": value}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(_) => json!({"stringValue": value}),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            json!({"stringValue": value.to_string()})
        }
    };
    json!({"key": name, "value": typed})
}

/// An `ExportMetricsServiceRequest` of the sums since `start_ns`.
pub(super) fn metrics(sender: &Sender, families: &[Family], start_ns: i64, now_ns: i64) -> Value {
    let span = Span { start: start_ns.to_string(), now: now_ns.to_string() };
    let measured = families.iter().filter(|family| !family.samples.is_empty());
    let metrics: Vec<Value> = measured.map(|family| metric(family, &span)).collect();
    json!({"resourceMetrics": [{
        "resource": sender.resource(),
        "scopeMetrics": [{"scope": sender.scope(), "metrics": metrics}],
    }]})
}

/// What a sum is of.
struct Span {
    start: String,
    now: String,
}

const CUMULATIVE: u8 = 2;

fn metric(Family { metric, samples }: &Family, span: &Span) -> Value {
    let points: Vec<Value> =
        samples.iter().map(|sample| point(sample, metric.kind, span)).collect();
    let (name, data) = match metric.kind {
        Kind::Counter => {
            let sum = json!({
                "aggregationTemporality": CUMULATIVE, "isMonotonic": true, "dataPoints": points
            });
            ("sum", sum)
        }
        Kind::Gauge => ("gauge", json!({"dataPoints": points})),
        Kind::Histogram(_) => {
            ("histogram", json!({"aggregationTemporality": CUMULATIVE, "dataPoints": points}))
        }
    };
    let mut wire = Map::new();
    wire.insert("name".to_owned(), json!(metric.name));
    wire.insert("description".to_owned(), json!(metric.help));
    wire.insert(name.to_owned(), data);
    Value::Object(wire)
}

fn point(sample: &Sample, kind: Kind, span: &Span) -> Value {
    let labels = sample.labels.iter();
    let attributes: Vec<Value> =
        labels.map(|(name, value)| attribute(name, &json!(value))).collect();
    let mut wire = json!({"attributes": attributes, "timeUnixNano": span.now});
    if kind != Kind::Gauge {
        wire["startTimeUnixNano"] = json!(span.start);
    }
    match (&sample.value, kind) {
        (Measured::Number(number), _) => wire["asDouble"] = json!(number),
        (Measured::Histogram { counts, sum }, Kind::Histogram(bounds)) => {
            let text: Vec<String> = counts.iter().map(u64::to_string).collect();
            wire["bucketCounts"] = json!(text);
            wire["explicitBounds"] = json!(bounds);
            wire["count"] = json!(counts.iter().sum::<u64>().to_string());
            wire["sum"] = json!(sum);
        }
        (Measured::Histogram { .. }, Kind::Counter | Kind::Gauge) => {}
    }
    wire
}
