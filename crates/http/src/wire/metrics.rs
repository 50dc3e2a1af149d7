use serde_json::{Map, Value, json};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::metrics::{Definition, Figure, Metrics, Unit};
use tapedeck_domain::trading::OpenTrade;

/// The statistics as one flat object, the splits by side under `long` and `short`; figures
/// without a value are `null`, with the reason under `undefined`.
pub fn metrics(metrics: &Metrics, open: Option<&OpenTrade>, bars: BarView<'_>) -> Value {
    let mut object = Map::new();
    object.insert("start".to_owned(), json!(metrics.start.to_string()));
    object.insert("end".to_owned(), json!(metrics.end.to_string()));
    object.insert("periods_per_year".to_owned(), json!(metrics.periods_per_year));
    let all = metrics.run.entries().chain(metrics.all.entries());
    object.extend(flat(all));
    object.insert("long".to_owned(), Value::Object(flat(metrics.long.entries())));
    object.insert("short".to_owned(), Value::Object(flat(metrics.short.entries())));
    object.insert("open_trade".to_owned(), open.map_or(Value::Null, |open| open_trade(open, bars)));
    Value::Object(object)
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
