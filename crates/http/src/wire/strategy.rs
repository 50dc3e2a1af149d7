//! Strategies, and what is found out about rules, as they are answered.

use serde_json::{Map, Value, json};
use tapedeck_application::{RulesCheck, StrategyView};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::strategy::{ParamKind, ParamSchema, StrategyKind};

use crate::problem::FieldError;

/// The resource of one version of a strategy.
pub fn strategy(view: &StrategyView) -> Value {
    let (strategy, stored) = (&view.strategy, view.stored.as_ref());
    let defaults = strategy.params(&Default::default()).unwrap_or_default();
    json!({
        "id": strategy.reference.id,
        "version": strategy.reference.version,
        "name": strategy.name,
        "description": strategy.description,
        "kind": strategy.kind.as_str(),
        "definition": definition(view),
        "content_hash": stored.map(|stored| &stored.content_hash),
        "created_at": stored.map(|stored| stored.created_at.to_string()),
        "schema": params_schema(&strategy.name, &strategy.params),
        "summary": strategy.summary(&defaults),
    })
}

/// As it was sent; that of a built-in strategy as it could be sent.
fn definition(view: &StrategyView) -> Option<Value> {
    match &view.stored {
        Some(stored) => Some(stored.definition.clone()),
        None => view.strategy.rules.as_ref().map(RuleSet::definition),
    }
}

/// A JSON Schema (2020-12) of parameters.
pub fn params_schema(title: &str, params: &[ParamSchema]) -> Value {
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
    let properties: Map<String, Value> = params.iter().map(property).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// What was found out about rules.
pub fn rules_check(check: RulesCheck) -> Value {
    match check {
        RulesCheck::Invalid(faults) => {
            let errors: Vec<FieldError> = faults.into_iter().map(Into::into).collect();
            json!({"valid": false, "errors": errors})
        }
        RulesCheck::Valid { strategy, summary, warnings } => {
            let warning = |warning: &tapedeck_application::RulesWarning| {
                json!({
                    "pointer": format!("/definition{}", warning.pointer),
                    "code": warning.code, "detail": warning.detail,
                })
            };
            let title = match strategy.kind {
                StrategyKind::Guest => "Parameters of the module",
                StrategyKind::BuiltIn | StrategyKind::Rules => "Parameters of the rules",
            };
            json!({
                "valid": true,
                "summary": summary,
                "schema": params_schema(title, &strategy.params),
                "warnings": warnings.iter().map(warning).collect::<Vec<_>>(),
            })
        }
    }
}
