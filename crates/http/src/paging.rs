//! Pages of lists: a limit, an opaque cursor, and a link to the next page.

use std::str::FromStr;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::problem::{Code, Problem};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

/// Which page was asked for.
pub(crate) struct Paging {
    pub(crate) limit: usize,
    after: Option<String>,
}

impl Paging {
    /// Reads the parameters `limit` and `cursor`.
    pub(crate) fn parse(limit: Option<&str>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => limit_within(text, MAX_LIMIT)?,
        };
        let after = cursor.map(place).transpose()?;
        Ok(Self { limit, after })
    }

    /// The last item of the page before.
    pub(crate) fn after<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        // An empty one names nothing, even where any text could.
        let parse = |text: &str| match text {
            "" => Err(unknown_cursor()),
            text => text.parse().map_err(|_| unknown_cursor()),
        };
        self.after.as_deref().map(parse).transpose()
    }
}

/// A limit from 1 to `max`.
pub(crate) fn limit_within(text: &str, max: usize) -> Result<usize, Problem> {
    text.parse()
        .ok()
        .filter(|limit| (1..=max).contains(limit))
        .ok_or_else(|| Problem::invalid("query:limit", "range", format!("must be from 1 to {max}")))
}

fn unknown_cursor() -> Problem {
    Problem::new(Code::OutOfRange, "the cursor is not one that this server gave out")
}

/// The cursor that stands after an item. Opaque, so that it may change.
pub(crate) fn cursor(after: &str) -> String {
    hex::encode(after)
}

fn place(cursor: &str) -> Result<String, Problem> {
    let bytes = hex::decode(cursor).map_err(|_| unknown_cursor())?;
    String::from_utf8(bytes).map_err(|_| unknown_cursor())
}

/// The page, with a link to the next one (RFC 8288).
pub(crate) fn respond(req: &HttpRequest, next: Option<&str>, body: Value) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(next) = next {
        let others = req.query_string().split('&');
        let kept = others.filter(|part| !part.is_empty() && !part.starts_with("cursor="));
        let query: Vec<&str> = kept.collect();
        let query = [query.join("&"), format!("cursor={next}")].join("&");
        let link = format!("<{}?{}>; rel=\"next\"", req.path(), query.trim_start_matches('&'));
        response.insert_header((header::LINK, link));
    }
    response.json(body)
}
