//! The bodies of `POST /strategies`, `PUT /strategies/{id}` and `POST /strategies/validate`.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use serde::Deserialize;
use serde_json::Value;
use tapedeck_application::FaultCode;
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::stored_strategy::StrategyDraft;
use tapedeck_domain::strategy::StrategyKind;

use super::fields::Faults;
use super::json::{Refusal, from_json};
use super::object::Object;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NewBody {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    definition: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ChangeBody {
    name: Option<String>,
    description: Option<String>,
    definition: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ValidationBody {
    definition: Option<Value>,
    params: BTreeMap<String, f64>,
}

/// Characters of a name and of a description, at most.
const NAME_LENGTH: usize = 100;
const DESCRIPTION_LENGTH: usize = 2_000;

/// Reads a new strategy. Whether its rules are valid is for the use case.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_new_strategy(body: &[u8]) -> Result<(StrategyId, StrategyDraft), Refusal> {
    let Object(body): Object<NewBody> = from_json(body)?;
    let mut faults = Faults::default();
    let id = faults.required("/id", body.id.as_deref());
    let id = faults.parsed("/id", id, StrategyId::from_str);
    let draft = draft(body.name, body.description, body.definition, &mut faults);
    match (id, draft) {
        (Some(id), Some(draft)) if faults.0.is_empty() => Ok((id, draft)),
        _ => Err(Refusal::Invalid(faults.0)),
    }
}

/// Reads what a strategy is to be from now on.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_strategy_change(body: &[u8]) -> Result<StrategyDraft, Refusal> {
    let Object(body): Object<ChangeBody> = from_json(body)?;
    let mut faults = Faults::default();
    let draft = draft(body.name, body.description, body.definition, &mut faults);
    draft.filter(|_| faults.0.is_empty()).ok_or(Refusal::Invalid(faults.0))
}

/// Reads rules that are to be checked, with values of their parameters.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_validation(body: &[u8]) -> Result<(Value, BTreeMap<String, f64>), Refusal> {
    let Object(body): Object<ValidationBody> = from_json(body)?;
    let mut faults = Faults::default();
    let definition = required_definition(body.definition, &mut faults);
    definition.map(|definition| (definition, body.params)).ok_or(Refusal::Invalid(faults.0))
}

fn draft(
    name: Option<String>,
    description: Option<String>,
    definition: Option<Value>,
    faults: &mut Faults,
) -> Option<StrategyDraft> {
    check_name("/name", name.as_deref(), faults);
    check_description("/description", description.as_deref(), faults);
    let definition = required_definition(definition, faults)?;
    Some(StrategyDraft { kind: StrategyKind::Rules, name, description, definition })
}

fn required_definition(definition: Option<Value>, faults: &mut Faults) -> Option<Value> {
    if definition.is_none() {
        faults.add("/definition", FaultCode::Missing, "`definition` is required");
    }
    definition
}

pub(super) fn check_name(pointer: &str, name: Option<&str>, faults: &mut Faults) {
    text(pointer, name, 1..=NAME_LENGTH, &[], faults);
}

pub(super) fn check_description(pointer: &str, description: Option<&str>, faults: &mut Faults) {
    text(pointer, description, 0..=DESCRIPTION_LENGTH, &['\n', '\t'], faults);
}

/// Text of some length; of control characters it may have those of `layout` alone.
fn text(
    pointer: &str,
    text: Option<&str>,
    lengths: std::ops::RangeInclusive<usize>,
    layout: &[char],
    faults: &mut Faults,
) {
    let Some(text) = text else { return };
    if !lengths.contains(&text.chars().count()) {
        let detail = format!("must have {} to {} characters", lengths.start(), lengths.end());
        faults.add(pointer, FaultCode::Range, detail);
    }
    if text.chars().any(|c| c.is_control() && !layout.contains(&c)) {
        faults.add(pointer, FaultCode::Range, "must have no control characters");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(result: Result<impl std::fmt::Debug, Refusal>) -> Vec<(String, FaultCode)> {
        let Refusal::Invalid(faults) = result.unwrap_err() else {
            panic!("not refused by its faults")
        };
        faults.into_iter().map(|f| (f.pointer, f.code)).collect()
    }

    fn refused(body: &Value) -> Vec<(String, FaultCode)> {
        places(parse_new_strategy(body.to_string().as_bytes()))
    }

    #[test]
    fn the_definition_is_kept_as_it_was_sent() {
        let definition = json!({"entry": [1.0, null], "more": {"a": "b"}});
        let body = json!({"id": "mine", "name": "Mine", "definition": definition});
        let (id, draft) = parse_new_strategy(body.to_string().as_bytes()).unwrap();
        assert_eq!((id.as_str(), draft.definition), ("mine", definition));
        assert_eq!((draft.name.as_deref(), draft.description), (Some("Mine"), None));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let body = json!({"id": "No", "name": "", "description": "\u{7}"});
        let expected = [
            ("/id".to_owned(), FaultCode::Range),
            ("/name".to_owned(), FaultCode::Range),
            ("/description".to_owned(), FaultCode::Range),
            ("/definition".to_owned(), FaultCode::Missing),
        ];
        assert_eq!(refused(&body), expected);
        assert_eq!(refused(&json!({}))[0], ("/id".to_owned(), FaultCode::Missing));
        let long = json!({"id": "a", "name": "é".repeat(101), "definition": {}});
        assert_eq!(refused(&long), [("/name".to_owned(), FaultCode::Range)]);
        let lines = json!({"id": "a", "name": "a\nb", "description": "a\nb", "definition": {}});
        assert_eq!(refused(&lines), [("/name".to_owned(), FaultCode::Range)]);
    }

    #[test]
    fn fields_of_another_name_or_type_are_refused() {
        let unknown = refused(&json!({"id": "a", "rules": {}}));
        assert_eq!(unknown, [("/rules".to_owned(), FaultCode::Unknown)]);
        assert_eq!(refused(&json!([])), [(String::new(), FaultCode::Type)]);
        let id = parse_strategy_change(br#"{"id": "a", "definition": {}}"#);
        assert_eq!(places(id), [("/id".to_owned(), FaultCode::Unknown)]);
        let params = parse_validation(br#"{"definition": {}, "params": {"n": "x"}}"#);
        assert_eq!(places(params), [("/params/n".to_owned(), FaultCode::Type)]);
        let none = parse_validation(br#"{"definition": null}"#);
        assert_eq!(places(none), [("/definition".to_owned(), FaultCode::Missing)]);
    }

    #[test]
    fn text_that_is_no_json_is_told_from_json_of_another_shape() {
        assert!(matches!(parse_new_strategy(b"{"), Err(Refusal::NotJson(_))));
        assert!(matches!(parse_validation(b"{} {}"), Err(Refusal::NotJson(_))));
    }
}
