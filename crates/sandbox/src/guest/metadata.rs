//! What a module says of itself.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tapedeck_domain::guest::{GuestForm, GuestMetadata};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::ParamSchema;

const MAX_NAME: usize = 100;
const MAX_DESCRIPTION: usize = 2_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    params: Vec<Map<String, Value>>,
}

/// Reads the JSON.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(text: &[u8], form: GuestForm) -> Result<GuestMetadata, String> {
    let Said { name, description, params } = serde_json::from_slice(text)
        .map_err(|error| format!("metadata is not as it should be: {error}"))?;
    for (what, text, most) in
        [("name", &name, MAX_NAME), ("description", &description, MAX_DESCRIPTION)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(format!("metadata: `{what}` has more than {most} characters"));
        }
    }
    Ok(GuestMetadata { abi: 1, form, name, description, params: schemas(params)? })
}

/// The parameters in their order. They follow the rules of those of rule sets, so the reader of
/// rule sets reads them.
fn schemas(params: Vec<Map<String, Value>>) -> Result<Vec<ParamSchema>, String> {
    let (mut names, mut declared) = (Vec::new(), Map::new());
    for mut param in params {
        let Some(Value::String(name)) = param.remove("name") else {
            return Err("metadata: a parameter has no `name`".to_owned());
        };
        if let Some(kind) = param.remove("kind") {
            param.insert("type".to_owned(), kind);
        }
        if declared.insert(name.clone(), param.into()).is_some() {
            return Err(format!("metadata: two parameters are called `{name}`"));
        }
        names.push(name);
    }
    let always = json!({"op": "gt", "left": "close", "right": 0});
    let rules = json!({"params": declared, "entry": {"all": [always]}});
    let rules = RuleSet::parse(&rules).map_err(|faults| {
        let words = |fault: &tapedeck_domain::rules::RuleFault| {
            fault.to_string().replace("/type", "/kind").replace("`type`", "`kind`")
        };
        let faults: Vec<_> = faults.iter().map(words).collect();
        format!("metadata: {}", faults.join("; "))
    })?;
    let found = |name: &String| rules.params().iter().find(|schema| schema.name == *name).cloned();
    Ok(names.iter().filter_map(found).collect())
}

/// The values of the parameters, in the order in which the guest takes them.
///
/// # Errors
/// The first that has none: the specification was made for another module.
pub(super) fn values(metadata: &GuestMetadata, spec: &Specification) -> Result<Vec<f64>, String> {
    let value = |schema: &ParamSchema| {
        let value = spec.params.get(&schema.name);
        value.map(|value| value.as_f64()).ok_or_else(|| format!("`{}` has no value", schema.name))
    };
    metadata.params.iter().map(value).collect()
}
