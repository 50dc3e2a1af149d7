//! `/metric-definitions`: what each statistic means.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tapedeck_domain::metrics::{Definition, RunFigures, TradeFigures};

use crate::extract::query;
use crate::problem::Problem;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {}

/// `GET /metric-definitions`: all of them, in the order of the results.
pub(crate) async fn list(req: HttpRequest) -> Result<HttpResponse, Problem> {
    let Query {} = query(&req)?;
    Ok(HttpResponse::Ok().json(all()))
}

/// All of them, as one page.
pub(crate) fn all() -> Value {
    let of = |group: &'static str, definitions: &'static [Definition]| {
        definitions.iter().map(move |definition| wire(group, definition))
    };
    let items = of("run", RunFigures::DEFINITIONS).chain(of("trades", TradeFigures::DEFINITIONS));
    let items: Vec<Value> = items.collect();
    json!({"items": items, "next_cursor": null})
}

fn wire(group: &str, definition: &Definition) -> Value {
    json!({
        "key": definition.key,
        "group": group,
        "formula": definition.formula,
        "unit": definition.unit.as_str(),
        "source": definition.source.as_str(),
    })
}
