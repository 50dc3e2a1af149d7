//! The problem document.

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
