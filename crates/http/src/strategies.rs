//! `/strategies`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};
use tapedeck_domain::strategy::{ParamKind, ParamSchema, Strategy};

use crate::extract::strategy_id;
use crate::problem::{Code, Problem};
use crate::services::Services;

/// `GET /strategies`: all of them; there are few.
pub(crate) async fn list(services: Data<Services>) -> HttpResponse {
    let items: Vec<Value> = services.strategies.list().iter().map(wire).collect();
    HttpResponse::Ok().json(json!({"items": items, "next_cursor": null}))
}

/// `GET /strategies/{id}`.
pub(crate) async fn get(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(wire(&find(&req, &services)?)))
}

/// `GET /strategies/{id}/schema`: a JSON Schema (2020-12) of its parameters.
pub(crate) async fn schema(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let schema = json_schema(&find(&req, &services)?);
    Ok(HttpResponse::Ok().content_type("application/schema+json").json(schema))
}

fn find(req: &HttpRequest, services: &Services) -> Result<Strategy, Problem> {
    let found = services.strategies.find(&strategy_id(req)?);
    found.ok_or_else(|| Problem::new(Code::StrategyNotFound, "no strategy has this name"))
}

fn wire(strategy: &Strategy) -> Value {
    let defaults = strategy.params(&Default::default()).unwrap_or_default();
    json!({
        "id": strategy.reference.id,
        "version": strategy.reference.version,
        "name": strategy.name,
        "description": strategy.description,
        "kind": "builtin",
        "schema": json_schema(strategy),
        "summary": strategy.summary(&defaults),
    })
}

fn json_schema(strategy: &Strategy) -> Value {
    let property = |param: &ParamSchema| {
        let number = |value: f64| match param.kind {
            ParamKind::Integer => json!(value as i64),
            ParamKind::Number => json!(value),
        };
        let schema = json!({
            "type": param.kind.as_str(), "minimum": number(param.min),
            "maximum": number(param.max), "step": number(param.step),
            "default": number(param.default), "description": param.description,
        });
        (param.name.to_owned(), schema)
    };
    let properties: Map<String, Value> = strategy.params.iter().map(property).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": strategy.name,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}
