//! JSON held against the schemas of the API's description. Stricter than JSON Schema: a member
//! that is not described is a fault, since clients are generated from the description.

use serde_json::Value;

/// Every place at which `value` is not what `schema` describes.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(place) = schema["$ref"].as_str() {
        let target = document.pointer(place.trim_start_matches('#')).unwrap();
        return check(document, target, value, at, found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, found);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fits = |choice: &&Value| faults(document, choice, value).is_empty();
        if choices.iter().filter(fits).count() != 1 {
            found.push(format!("{at}: {value} is not one of the choices"));
        }
        return;
    }
    if !types(&schema["type"]).iter().all(String::is_empty) && !has_type(&schema["type"], value) {
        found.push(format!("{at}: {value} is not {}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        found.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{at}/{i}"), found);
    }
    if schema["properties"].is_object() || schema["additionalProperties"].is_object() {
        members(document, schema, value, at, found);
    }
}

fn members(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if value.is_object() && value.get(name).is_none() {
            found.push(format!("{at}/{name}: missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => check(document, schema, member, &at, found),
            (None, None) => found.push(format!("{at}: not described")),
        }
    }
}

fn types(schema: &Value) -> Vec<String> {
    let one = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match schema.as_array() {
        Some(many) => many.iter().map(one).collect(),
        None => vec![one(schema)],
    }
}

fn has_type(schema: &Value, value: &Value) -> bool {
    types(schema).iter().any(|name| match name.as_str() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_described_is_a_fault() {
        let document = json!({"components": {"schemas": {"Side": {"enum": ["long", "short"]}}}});
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "side": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Side"}]},
                "rows": {"type": "array", "items": {"type": "object", "properties": {}}},
            },
        });
        let found = |value| faults(&document, &schema, &value);
        assert!(found(json!({"id": 1, "side": null, "rows": [{}]})).is_empty());
        assert!(found(json!({"id": 1, "side": "short"})).is_empty());
        for (wrong, place) in [
            (json!([]), ""),
            (json!({}), "/id"),
            (json!({"id": "1"}), "/id"),
            (json!({"id": 1, "side": "flat"}), "/side"),
            (json!({"id": 1, "more": 1}), "/more"),
            (json!({"id": 1, "rows": [{}, {"x": 1}]}), "/rows/1/x"),
        ] {
            let faults = found(wrong.clone());
            assert!(faults.len() == 1 && faults[0].starts_with(place), "{wrong}: {faults:?}");
        }
    }
}
