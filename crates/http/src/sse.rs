//! Server-sent events: their text, and where a client that connects again goes on.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::{Stream, StreamExt as _};
use serde_json::Value;

use crate::gate::Seat;
use crate::problem::Problem;

/// A comment goes out when nothing else did for so long, so that proxies keep the connection.
pub(crate) const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// What it says.
pub(crate) const COMMENT: &str = ": nothing new\n\n";
/// How long a client waits before it connects again, in milliseconds.
pub(crate) const RETRY: &str = "retry: 1000\n\n";

/// One event; without an id, it is none to go on from.
pub(crate) fn event(name: &str, id: Option<u64>, data: &Value) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {name}\n{id}data: {data}\n\n")
}

/// The last event before the server stops, with where to go on elsewhere.
pub(crate) fn closing(last_event_id: Option<u64>) -> String {
    let data = serde_json::json!({"reason": "shutdown", "last_event_id": last_event_id});
    event("closing", None, &data)
}

/// A stream of them, which gives its place back when it ends.
pub(crate) fn response(seat: Seat, events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events.map(move |event| {
            let _kept = &seat;
            Ok::<_, actix_web::Error>(event)
        }))
}

/// After which event the client would go on: by the header that browsers send when they connect
/// again, else by the query.
pub(crate) fn last_event_id(
    req: &HttpRequest,
    query: Option<&str>,
) -> Result<Option<u64>, Problem> {
    let header = req.headers().get("last-event-id");
    // Some clients send it before they have seen any event.
    let header = header.filter(|value| !value.is_empty());
    let from_query = query.map(|text| number("query:last_event_id", text)).transpose()?;
    let Some(value) = header else { return Ok(from_query) };
    // It goes before the query, where nonsense is refused all the same.
    if from_query.is_some_and(|number| i64::try_from(number).is_err()) {
        return Err(Problem::invalid("query:last_event_id", "range", NO_NUMBER));
    }
    number("header:Last-Event-ID", value.to_str().unwrap_or_default()).map(Some)
}

const NO_NUMBER: &str = "must be the number of an event";

fn number(place: &str, text: &str) -> Result<u64, Problem> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::invalid(place, "range", NO_NUMBER));
    }
    // A number beyond all numbers is one beyond the end.
    Ok(text.parse().unwrap_or(u64::MAX))
}
