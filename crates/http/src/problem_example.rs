//! An example of each problem, for its page and for the description of the API.

use serde_json::{Value, json};

use crate::problem::Code;

/// A document with this code.
pub(crate) fn example(code: Code) -> Value {
    let mut document = json!({
        "type": code.page(),
        "title": code.title(),
        "status": code.status(),
        "detail": detail(code),
        "instance": "/api/v1/backtests",
        "code": code.as_str(),
        "request_id": "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11",
    });
    if code == Code::ValidationError {
        document["errors"] = json!([{
            "pointer": "/params/fast", "code": "range", "detail": detail(code),
        }]);
    }
    document
}

/// What the server says of an occurrence.
fn detail(code: Code) -> &'static str {
    match code {
        Code::ValidationError => "`fast` must be below `slow`, and 50 is not below 20",
        Code::MalformedRequest => "expected `,` or `}` at line 1 column 17",
        Code::Unauthorized => "a key is needed: `Authorization: Bearer KEY`",
        Code::Forbidden => "the key lacks the scope `run`",
        Code::NotFound => "no such path",
        Code::BacktestNotFound => "no backtest has this id",
        Code::DatasetNotFound => "no dataset has this name",
        Code::StrategyNotFound => "no strategy has this name",
        Code::ArtifactNotFound => "the backtest left no results",
        Code::MethodNotAllowed => "this path takes GET, POST, HEAD, OPTIONS",
        Code::NotAcceptable => "`Accept` must name application/json: answers come as nothing else",
        Code::Conflict => "the backtest has not ended; cancel it first",
        Code::IdempotencyConflict => "this key came with another body before",
        Code::NotReady => "the backtest has not ended",
        Code::OutOfRange => "the cursor is not one that this server gave out",
        Code::PayloadTooLarge => "the body is too large",
        Code::UriTooLong => "path and query are longer than 8192 bytes",
        Code::HeadersTooLarge => "more than 64 headers, or than 16384 bytes of them",
        Code::RequestTimeout => "the body did not arrive in time (server.body_timeout_ms)",
        Code::UnsupportedMediaType => "the body must be application/json",
        Code::RateLimited => "too many requests",
        Code::Internal => "the request could not be completed",
        Code::QueueFull => "no more backtests can be queued just now",
        Code::Unavailable => "a store does not answer",
    }
}
