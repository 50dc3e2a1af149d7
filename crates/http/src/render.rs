//! Tables as text.

use serde_json::{Map, Number, Value};
use tapedeck_domain::table::{Column, Table};
use tapedeck_domain::time::Timestamp;

/// The rows as JSON objects.
pub(crate) fn items(table: &Table) -> Vec<Value> {
    (0..table.rows()).map(|i| row(table, i)).collect()
}

/// One row as a JSON object.
fn row(table: &Table, i: usize) -> Value {
    let members = table.columns.iter().map(|(name, column)| ((*name).to_owned(), value(column, i)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn value(column: &Column, i: usize) -> Value {
    match column {
        Column::Int(values) => values[i].into(),
        Column::OptionalInt(values) => values[i].into(),
        Column::Time(values) => Timestamp::from_nanos(values[i]).to_string().into(),
        Column::Number(values) => number(Some(values[i])),
        Column::Optional(values) => number(values[i]),
        Column::Text(values) if values[i].is_empty() => Value::Null,
        Column::Text(values) => values[i].clone().into(),
    }
}

/// A number that is not finite has no place in JSON.
fn number(value: Option<f64>) -> Value {
    value.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

/// One JSON object a line.
pub(crate) fn ndjson(table: &Table) -> String {
    (0..table.rows()).map(|i| row(table, i).to_string() + "\n").collect()
}

/// As CSV (RFC 4180), with a header.
pub(crate) fn csv(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",") + "\r\n";
    for i in 0..table.rows() {
        for (k, (_, column)) in table.columns.iter().enumerate() {
            if k > 0 {
                text.push(',');
            }
            text.push_str(&cell(value(column, i)));
        }
        text.push_str("\r\n");
    }
    text
}

/// A cell of CSV.
pub(crate) fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.contains([',', '"', '\r', '\n']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let texts = ["plain", "", "a, \"b\"\nc"].map(str::to_owned).to_vec();
        Table {
            columns: vec![
                ("n", Column::Int(vec![1, 2, 3])),
                ("at", Column::Time(vec![0, 1_000_000_000, -1])),
                ("x", Column::Optional(vec![Some(0.1 + 0.2), None, Some(f64::NAN)])),
                ("what", Column::Text(texts)),
            ],
        }
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_missing_ones_are_empty() {
        let expected = "n,at,x,what\r\n\
            1,1970-01-01T00:00:00Z,0.30000000000000004,plain\r\n\
            2,1970-01-01T00:00:01Z,,\r\n\
            3,1969-12-31T23:59:59.999999999Z,,\"a, \"\"b\"\"\nc\"\r\n";
        assert_eq!(csv(&table()), expected);
    }

    #[test]
    fn every_line_is_one_object() {
        let text = ndjson(&table());
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines, items(&table()));
        assert_eq!((lines.len(), &lines[1]["what"]), (3, &Value::Null));
    }
}
