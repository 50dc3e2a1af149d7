use serde_json::{Map, Value, json};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::chain::{BLOCK_BARS, HashChain};
use tapedeck_domain::metrics::{Definition, Figure, Unit};
use tapedeck_domain::report::{EnvelopePoint, Report};
use tapedeck_domain::trading::OpenTrade;

/// The statistics as one flat object, the splits by side under `long` and `short`; figures
/// without a value are `null`, with the reason under `undefined`. With them what the run says of
/// itself: its envelope, its checks and its hash chain. `None` when not one bar was simulated.
pub fn metrics(report: &Report, bars: BarView<'_>) -> Option<Value> {
    let metrics = report.metrics.as_ref()?;
    let open = report.open_trade.as_ref();
    let mut object = Map::new();
    object.insert("start".to_owned(), json!(metrics.start.to_string()));
    object.insert("end".to_owned(), json!(metrics.end.to_string()));
    object.insert("periods_per_year".to_owned(), json!(metrics.periods_per_year));
    let all = metrics.run.entries().chain(metrics.all.entries());
    object.extend(flat(all));
    object.insert("long".to_owned(), Value::Object(flat(metrics.long.entries())));
    object.insert("short".to_owned(), Value::Object(flat(metrics.short.entries())));
    object.insert("open_trade".to_owned(), open.map_or(Value::Null, |open| open_trade(open, bars)));
    object.insert("envelope".to_owned(), envelope(report));
    object.insert("checks".to_owned(), json!(report.checks));
    object.insert("chain".to_owned(), chain(&report.chain));
    Some(Value::Object(object))
}

/// The interval that the assumptions about the way of prices inside bars leave open.
fn envelope(report: &Report) -> Value {
    if report.envelope.is_empty() {
        return Value::Null;
    }
    let interval = |of: fn(&EnvelopePoint) -> f64| {
        let values = || report.envelope.iter().map(of);
        let (low, high) = (values().reduce(f64::min), values().reduce(f64::max));
        json!({"low": low, "high": high})
    };
    json!({
        "end_equity": interval(|point| point.end_equity),
        "max_drawdown": interval(|point| point.max_drawdown),
        "runs": report.envelope,
    })
}

fn chain(chain: &HashChain) -> Value {
    json!({"block_bars": BLOCK_BARS, "blocks": chain.0.len(), "head": chain.head()})
}

/// Figures by key, and why those are `null` that are.
pub(super) fn flat(
    entries: impl Iterator<Item = (&'static Definition, Figure)>,
) -> Map<String, Value> {
    let (mut object, mut undefined) = (Map::new(), Map::new());
    for (definition, figure) in entries {
        if let Figure::Undefined(reason) = figure {
            undefined.insert(definition.key.to_owned(), json!(reason.as_str()));
        }
        object.insert(definition.key.to_owned(), number(figure, definition.unit));
    }
    object.insert("undefined".to_owned(), Value::Object(undefined));
    object
}

/// Whole numbers of things are written without a decimal point.
pub(super) fn number(figure: Figure, unit: Unit) -> Value {
    match (figure.value(), unit) {
        (Some(value), Unit::Count | Unit::Bars) if value.fract() == 0.0 => json!(value as i64),
        (value, _) => json!(value),
    }
}

/// A position that is or was still open.
pub(crate) fn open_trade(open: &OpenTrade, bars: BarView<'_>) -> Value {
    json!({
        "side": open.side,
        "quantity": open.quantity,
        "entry_time": bars.timestamp(open.entry_bar).to_string(),
        "entry_bar": open.entry_bar,
        "entry_price": open.entry_price,
        "commission": open.commission,
        "open_pnl": open.open_pnl,
    })
}
