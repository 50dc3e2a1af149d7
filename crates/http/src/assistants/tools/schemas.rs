//! Schemas of arguments that are bodies of routes: those of the API's description, which tests
//! hold against what the server reads.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::documents::OPENAPI;

const PLACE: &str = "#/components/schemas/";

static DESCRIBED: LazyLock<Value> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    document.pointer_mut("/components/schemas").map(Value::take).unwrap_or_default()
});

/// A shape of the description with everything that it refers to.
pub(super) fn described(name: &str) -> Value {
    let mut found = BTreeMap::new();
    let mut schema = DESCRIBED[name].clone();
    collect(&mut schema, &mut found);
    if !found.is_empty() {
        schema["$defs"] = json!(found);
    }
    schema
}

/// Points what is referred to at `$defs`, and keeps it there.
fn collect(value: &mut Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(|place| place.as_str()?.strip_prefix(PLACE));
            if let Some(name) = name.map(str::to_owned) {
                members.insert("$ref".to_owned(), json!(format!("#/$defs/{name}")));
                if !found.contains_key(&name) {
                    let mut schema = DESCRIBED[name.as_str()].clone();
                    found.insert(name.clone(), Value::Null);
                    collect(&mut schema, found);
                    found.insert(name, schema);
                }
            }
            members.values_mut().for_each(|member| collect(member, found));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
