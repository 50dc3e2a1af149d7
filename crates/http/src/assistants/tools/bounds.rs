//! Answers that an assistant can read: not longer than it bears, and never cut without a word.

use serde_json::{Value, json};

/// Bytes of the rows of one answer, and of one answer.
const ROWS: usize = 100_000;
const WHOLE: usize = 200_000;
/// Characters of a text, and items of a list within a row.
const TEXT: usize = 4_000;
const LIST: usize = 200;

/// As many rows as an answer holds, at least one; each comes with the cursor after it. The cursor
/// of the answer leads to those that it does not hold.
pub(super) fn page(rows: impl IntoIterator<Item = (Value, String)>, more: bool) -> Value {
    let (mut items, mut size, mut last, mut left) = (Vec::new(), 0, None, more);
    for (mut row, cursor) in rows {
        let cut = shortened(&mut row, "");
        if !cut.is_empty() {
            row["cut"] = json!(cut);
        }
        size += row.to_string().len();
        if size > ROWS && !items.is_empty() {
            left = true;
            break;
        }
        items.push(row);
        last = Some(cursor);
    }
    json!({"items": items, "next_cursor": last.filter(|_| left)})
}

/// An answer that is short enough, with `cut` saying where it was not whole.
pub(super) fn bounded(mut answer: Value) -> Value {
    let mut cut =
        if answer.get("items").is_some() { Vec::new() } else { shortened(&mut answer, "") };
    while answer.to_string().len() > WHOLE {
        let Some(members) = answer.as_object_mut() else { break };
        let Some((name, member)) =
            members.iter_mut().max_by_key(|(_, member)| member.to_string().len())
        else {
            break;
        };
        cut.push(json!({"pointer": format!("/{name}"), "kept": 0, "of": member.to_string().len()}));
        *member = Value::Null;
    }
    if !cut.is_empty() {
        answer["cut"] = json!(cut);
    }
    answer
}

/// Shortens texts and lists; what was shortened, how much is left and how much there was.
fn shortened(value: &mut Value, at: &str) -> Vec<Value> {
    let mut cut = Vec::new();
    match value {
        Value::String(text) => {
            let of = text.chars().count();
            if of > TEXT {
                *text = text.chars().take(TEXT).collect();
                cut.push(json!({"pointer": at, "kept": TEXT, "of": of}));
            }
        }
        Value::Array(items) => {
            let of = items.len();
            if of > LIST {
                items.truncate(LIST);
                cut.push(json!({"pointer": at, "kept": LIST, "of": of}));
            }
            for (i, item) in items.iter_mut().enumerate() {
                cut.extend(shortened(item, &format!("{at}/{i}")));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                cut.extend(shortened(member, &format!("{at}/{name}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: usize, size: usize) -> impl Iterator<Item = (Value, String)> {
        (0..count).map(move |i| (json!({"i": i, "text": "x".repeat(size)}), format!("after {i}")))
    }

    #[test]
    fn a_page_that_is_whole_says_so() {
        let page = page(rows(3, 10), false);
        assert_eq!(page["items"].as_array().unwrap().len(), 3);
        assert_eq!(page["next_cursor"], Value::Null);
        assert_eq!(super::page(rows(3, 10), true)["next_cursor"], "after 2");
        assert_eq!(super::page(rows(0, 0), false), json!({"items": [], "next_cursor": null}));
    }

    #[test]
    fn rows_that_do_not_fit_are_behind_the_cursor() {
        let page = page(rows(200, 1_000), false);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() < 200 && page.to_string().len() <= ROWS + 1_000, "{}", items.len());
        assert_eq!(page["next_cursor"], format!("after {}", items.len() - 1));
    }

    #[test]
    fn long_texts_and_lists_are_cut_and_named() {
        let long =
            json!({"a": {"b~c": "é".repeat(TEXT + 1)}, "d": vec![1; LIST + 9], "e": "short"});
        let answer = bounded(long);
        assert_eq!(answer["a"]["b~c"].as_str().unwrap().chars().count(), TEXT);
        assert_eq!(answer["d"].as_array().unwrap().len(), LIST);
        assert_eq!(answer["e"], "short");
        let expected = json!([
            {"pointer": "/a/b~0c", "kept": TEXT, "of": TEXT + 1},
            {"pointer": "/d", "kept": LIST, "of": LIST + 9},
        ]);
        assert_eq!(answer["cut"], expected);
        let (row, cursor) = (json!({"list": vec![0; LIST + 1]}), String::new());
        let page = page([(row, cursor)], false);
        assert_eq!(page["items"][0]["cut"][0]["pointer"], "/list");
    }

    #[test]
    fn an_answer_that_is_too_long_all_the_same_loses_its_largest_member() {
        let wide: Vec<Value> = (0..150).map(|_| json!("y".repeat(3_000))).collect();
        let answer = bounded(json!({"id": "a", "wide": wide}));
        assert_eq!((&answer["id"], &answer["wide"]), (&json!("a"), &Value::Null));
        assert_eq!(answer["cut"][0]["pointer"], "/wide");
        assert!(answer.to_string().len() < WHOLE);
        let whole = bounded(json!({"id": "a"}));
        assert_eq!(whole, json!({"id": "a"}));
    }
}
