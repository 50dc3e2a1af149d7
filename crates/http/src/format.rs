//! The formats in which tables are served.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::problem::Problem;

/// JSON, or CSV for spreadsheets and data frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
}

impl Format {
    /// By `?format=`, else by `Accept`; JSON when neither asks for anything known.
    pub(crate) fn negotiate(req: &HttpRequest, asked: Option<&str>) -> Result<Self, Problem> {
        match asked {
            Some("json") => return Ok(Self::Json),
            Some("csv") => return Ok(Self::Csv),
            Some(_) => {
                return Err(Problem::invalid("query:format", "range", "must be json or csv"));
            }
            None => {}
        }
        let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let mut wanted = accept
            .unwrap_or_default()
            .split(',')
            .map(|part| part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        let csv = wanted.find(|kind| kind == "text/csv" || kind.ends_with("json"));
        Ok(if csv.as_deref() == Some("text/csv") { Self::Csv } else { Self::Json })
    }

    /// A text in this format.
    pub(crate) fn respond(self, text: String) -> HttpResponse {
        let content_type = match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
        };
        HttpResponse::Ok().content_type(content_type).body(text)
    }
}

/// Rows as CSV (RFC 4180), with a header.
pub(crate) fn csv(columns: &[&str], rows: impl IntoIterator<Item = Value>) -> String {
    let mut text = columns.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| cell(&row[column])).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// Values are numbers, times and words of a fixed vocabulary: none needs quotes.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
