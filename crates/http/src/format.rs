//! The formats in which tables are served.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use tapedeck_domain::port::TableEncoder;
use tapedeck_domain::table::Table;

use crate::problem::Problem;
use crate::render;

/// JSON, or what spreadsheets and data frames read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
    Ndjson,
    Parquet,
}

impl Format {
    const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Ndjson, Self::Parquet];

    /// By `?format=`, else by `Accept`; JSON when neither asks for anything known.
    pub(crate) fn negotiate(req: &HttpRequest, asked: Option<&str>) -> Result<Self, Problem> {
        let Some(asked) = asked else {
            let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
            return Ok(Self::accepted(accept.unwrap_or_default()));
        };
        let known = Self::ALL.into_iter().find(|format| format.as_str() == asked);
        known.ok_or_else(|| {
            let detail = "must be json, csv, ndjson or parquet";
            Problem::invalid("query:format", "range", detail)
        })
    }

    /// As it is asked for by name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// The format that is preferred most, the first of those that are preferred alike.
    fn accepted(accept: &str) -> Self {
        let mut best = (0.0, Self::Json);
        for part in accept.split(',') {
            let mut parameters = part.split(';').map(str::trim);
            let kind = parameters.next().unwrap_or_default().to_ascii_lowercase();
            let quality = parameters.find_map(|text| text.strip_prefix("q="));
            let quality = quality.map_or(Some(1.0), |text| text.parse().ok()).unwrap_or(0.0);
            if let Some(format) = Self::of_media_type(&kind).filter(|_| quality > best.0) {
                best = (quality, format);
            }
        }
        best.1
    }

    fn of_media_type(kind: &str) -> Option<Self> {
        match kind {
            "text/csv" => Some(Self::Csv),
            "application/x-ndjson" | "application/ndjson" => Some(Self::Ndjson),
            "application/vnd.apache.parquet" => Some(Self::Parquet),
            "*/*" | "application/*" => Some(Self::Json),
            other if other == "application/json" || other.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// A whole table in this format; JSON comes as an array.
    pub(crate) fn encode(
        self,
        table: &Table,
        encoder: &dyn TableEncoder,
    ) -> Result<Vec<u8>, Problem> {
        Ok(match self {
            Self::Json => serde_json::Value::Array(render::items(table)).to_string().into_bytes(),
            Self::Csv => render::csv(table).into_bytes(),
            Self::Ndjson => render::ndjson(table).into_bytes(),
            Self::Parquet => encoder.encode(table)?,
        })
    }

    /// An answer in this format.
    pub(crate) fn respond(self, body: Vec<u8>) -> HttpResponse {
        HttpResponse::Ok().content_type(self.content_type()).body(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_is_preferred_most_is_chosen() {
        for (accept, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/html", Format::Json),
            ("text/csv", Format::Csv),
            ("text/html, TEXT/CSV;q=0.5", Format::Csv),
            ("text/csv;q=0.4, application/json;q=0.9", Format::Json),
            ("application/json;q=0.4, application/x-ndjson", Format::Ndjson),
            ("application/vnd.apache.parquet, */*;q=0.1", Format::Parquet),
            ("text/csv;q=0", Format::Json),
            ("text/csv;q=much", Format::Json),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }
}
