//! Where two JSON documents differ.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Each place at which two documents differ, as a JSON pointer with both values; `null` stands
/// for a value that is not there.
pub(crate) fn differences(a: &Value, b: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    collect("", a, b, &mut found);
    found
}

fn collect(pointer: &str, a: &Value, b: &Value, found: &mut Vec<Value>) {
    if let (Value::Object(x), Value::Object(y)) = (a, b) {
        let names: BTreeSet<&String> = x.keys().chain(y.keys()).collect();
        for name in names {
            // RFC 6901: these two characters are escaped.
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            collect(&pointer, &a[name.as_str()], &b[name.as_str()], found);
        }
    } else if a != b {
        found.push(json!({"pointer": pointer, "a": a, "b": b}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_its_place_and_both_values() {
        let a = json!({"same": 1, "x": {"deep": [1, 2], "gone": 3}, "a/b": 1});
        let b = json!({"same": 1, "x": {"deep": [1, 3]}, "a/b": 2});
        let expected = [
            json!({"pointer": "/a~1b", "a": 1, "b": 2}),
            json!({"pointer": "/x/deep", "a": [1, 2], "b": [1, 3]}),
            json!({"pointer": "/x/gone", "a": 3, "b": null}),
        ];
        assert_eq!(differences(&a, &b), expected);
        assert!(differences(&a, &a).is_empty());
    }
}
