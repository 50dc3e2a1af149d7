//! What handlers read from a request, each fault a problem.

use std::str::FromStr;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;
use tapedeck_application::Origin;
use tapedeck_domain::actor::{Actor, Requester};
use tapedeck_domain::id::{BacktestId, DatasetId, KeyId, RequestId, StrategyId};
use tapedeck_domain::trace::TraceContext;

use crate::gate::{Gate, Seat, too_slow};
use crate::problem::{Code, Problem};

/// The id of the request; the middleware has put it there.
pub(crate) fn request_id(req: &HttpRequest) -> Result<RequestId, Problem> {
    let id = req.extensions().get::<RequestId>().cloned();
    id.ok_or_else(|| Problem::new(Code::Internal, "the request could not be completed"))
}

/// Who asks; the middleware has found it out. Without access keys, anybody.
pub(crate) fn requester(req: &HttpRequest) -> Result<Requester, Problem> {
    Ok(Requester { actor: actor(req), request_id: request_id(req)? })
}

/// Who asks.
pub(crate) fn actor(req: &HttpRequest) -> Actor {
    req.extensions().get::<Actor>().cloned().unwrap_or_default()
}

/// The request, and its place in a trace.
pub(crate) fn origin(req: &HttpRequest) -> Result<Origin, Problem> {
    Ok(Origin { request_id: request_id(req)?, trace: trace(req) })
}

/// The span of the request; the middleware has put it there.
pub(crate) fn trace(req: &HttpRequest) -> Option<TraceContext> {
    req.extensions().get::<TraceContext>().copied()
}

/// The backtest that the path names. An id that cannot be is one that does not exist.
pub(crate) fn backtest_id(req: &HttpRequest) -> Result<BacktestId, Problem> {
    path_backtest(req, "id")
}

/// The backtest that the path names under `name`.
pub(crate) fn path_backtest(req: &HttpRequest, name: &str) -> Result<BacktestId, Problem> {
    path_id(req, name, Code::BacktestNotFound, "no backtest has this id")
}

/// The dataset that the path names.
pub(crate) fn dataset_id(req: &HttpRequest) -> Result<DatasetId, Problem> {
    path_id(req, "id", Code::DatasetNotFound, "no dataset has this name")
}

/// The strategy that the path names.
pub(crate) fn strategy_id(req: &HttpRequest) -> Result<StrategyId, Problem> {
    path_id(req, "id", Code::StrategyNotFound, "no strategy has this name")
}

/// The sweep that the path names.
pub(crate) fn sweep_id(req: &HttpRequest) -> Result<BacktestId, Problem> {
    path_id(req, "id", Code::NotFound, "no sweep has this id")
}

/// The access key that the path names.
pub(crate) fn key_id(req: &HttpRequest) -> Result<KeyId, Problem> {
    path_id(req, "id", Code::NotFound, "no key has this id")
}

fn path_id<T: FromStr>(
    req: &HttpRequest,
    name: &str,
    code: Code,
    detail: &str,
) -> Result<T, Problem> {
    let id = req.match_info().get(name).unwrap_or_default();
    id.parse().map_err(|_| Problem::new(code, detail))
}

/// A place for one more socket or stream; `None` when this client has too many open.
pub(crate) fn seat(req: &HttpRequest) -> Option<Seat> {
    let gate = req.app_data::<Data<Gate>>()?;
    gate.seat(gate.client(req))
}

/// The same for a stream, whose client can be told.
pub(crate) fn stream_seat(req: &HttpRequest) -> Result<Seat, Problem> {
    let detail = "this client has as many sockets and streams open as it may have";
    seat(req).ok_or_else(|| Problem::new(Code::Unavailable, detail))
}

/// The query, with nothing unknown in it.
pub(crate) fn query<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, Problem> {
    actix_web::web::Query::<T>::from_query(req.query_string())
        .map(actix_web::web::Query::into_inner)
        .map_err(|error| {
            let detail = error.to_string();
            let detail = detail.split_once(": ").map_or(detail.as_str(), |(_, rest)| rest);
            Problem::invalid("query", "type", detail)
        })
}

/// A parameter of the query, if it is given.
pub(crate) fn parsed<T, E: std::fmt::Display>(
    name: &str,
    text: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Problem> {
    let invalid = |error: E| Problem::invalid(&format!("query:{name}"), "range", error.to_string());
    text.map(parse).transpose().map_err(invalid)
}

/// A JSON body, as bytes.
pub(crate) struct JsonBytes(pub(crate) Bytes);

impl FromRequest for JsonBytes {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(req);
        let bytes = Bytes::from_request(req, payload);
        Box::pin(async move {
            if !is_json {
                let detail = "the body must be application/json";
                return Err(Problem::new(Code::UnsupportedMediaType, detail));
            }
            bytes.await.map(Self).map_err(|error| {
                if let Some(problem) = error.as_error().and_then(too_slow) {
                    return problem;
                }
                match error.as_response_error().status_code().as_u16() {
                    413 => Problem::new(Code::PayloadTooLarge, "the body is too large"),
                    _ => Problem::new(Code::MalformedRequest, "the body cannot be read"),
                }
            })
        })
    }
}

/// A body without a content type is taken for JSON.
pub(crate) fn is_json(req: &HttpRequest) -> bool {
    let Some(value) = req.headers().get(header::CONTENT_TYPE) else { return true };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
}
