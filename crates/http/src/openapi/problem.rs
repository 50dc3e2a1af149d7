//! The problem document.

use serde_json::{Value, json};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Code;

/// What every answer is that is not a success (RFC 9457).
#[derive(ToSchema)]
pub(super) struct Problem {
    /// The path of a page about the code.
    r#type: String,
    /// The same in every problem of this code.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What went wrong here.
    detail: String,
    /// The path that was asked for.
    #[schema(required = false)]
    instance: String,
    code: ProblemCode,
    /// The request, as it is named in the server's log.
    #[schema(required = false)]
    request_id: String,
    /// Each fault with its place, when the request is not valid.
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// One fault in a request.
#[derive(ToSchema)]
pub(super) struct FieldError {
    /// JSON pointer (RFC 6901) to the place in the body, or `query:NAME`, `header:NAME`.
    #[schema(example = "/params/fast")]
    pointer: String,
    /// What kind of fault.
    #[schema(example = "range")]
    code: String,
    /// What is wrong, in a sentence.
    detail: String,
}

/// The codes of the one table that there is.
struct ProblemCode;

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("For programs; each is described at its page under /problems."))
            .enum_values(Some(Code::ALL.iter().map(|code| code.as_str())));
        schema.into()
    }
}

impl ToSchema for ProblemCode {}

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
        Code::Unauthorized => "the request carries no valid key",
        Code::Forbidden => "the origin is not allowed",
        Code::NotFound => "no such path",
        Code::BacktestNotFound => "no backtest has this id",
        Code::DatasetNotFound => "no dataset has this name",
        Code::StrategyNotFound => "no strategy has this name",
        Code::ArtifactNotFound => "the backtest left no results",
        Code::MethodNotAllowed => "this path takes GET, POST",
        Code::Conflict => "the backtest has not ended; cancel it first",
        Code::IdempotencyConflict => "this key came with another body before",
        Code::NotReady => "the backtest has not ended",
        Code::OutOfRange => "the cursor is not one that this server gave out",
        Code::PayloadTooLarge => "the body is too large",
        Code::UnsupportedMediaType => "the body must be application/json",
        Code::RateLimited => "too many requests",
        Code::Internal => "the request could not be completed",
        Code::QueueFull => "no more backtests can be queued just now",
        Code::Unavailable => "a store does not answer",
    }
}
