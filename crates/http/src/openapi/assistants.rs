//! The endpoint for assistants.

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[(
    "call_mcp",
    &[
        Code::MalformedRequest,
        Code::NotFound,
        Code::NotAcceptable,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::Unavailable,
    ],
)];

/// A message of JSON-RPC 2.0: a request, or a notification when it has no `id`.
#[derive(ToSchema)]
struct McpMessage {
    /// Always `2.0`.
    #[schema(pattern = "^2\\.0$")]
    jsonrpc: String,
    id: Option<McpId>,
    /// Such as `tools/list` and `tools/call`.
    method: String,
    /// What the method takes; the protocol says what that is.
    #[schema(required = false, value_type = Object)]
    params: (),
}

/// What a client names its request by.
#[derive(ToSchema)]
#[serde(untagged)]
enum McpId {
    Text(String),
    Number(i64),
}

/// The answer to a request: a `result`, or an `error` of the protocol. What goes wrong in a tool is
/// a result with `isError` and a problem document.
#[derive(ToSchema)]
struct McpAnswer {
    jsonrpc: String,
    /// Missing when the request could not be told.
    id: Option<McpId>,
    #[schema(required = false, value_type = Object, additional_properties)]
    result: (),
    #[schema(required = false)]
    error: McpError,
}

/// Why there is no result.
#[derive(ToSchema)]
struct McpError {
    code: i32,
    message: String,
    #[schema(required = false, value_type = Object, additional_properties)]
    data: (),
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
struct McpHeaders {
    /// The revision of the protocol: 2025-03-26 when nothing is said.
    #[param(rename = "MCP-Protocol-Version", required = false, example = "2025-11-25")]
    revision: String,
    /// The method, again; since 2026-07-28.
    #[param(rename = "Mcp-Method", required = false)]
    method: String,
    /// The tool, again; since 2026-07-28.
    #[param(rename = "Mcp-Name", required = false)]
    name: String,
}

/// Speak with an assistant
///
/// The Model Context Protocol over HTTP, of the revisions 2025-03-26 to 2026-07-28, without
/// sessions and without streams: each message is a request, each answer one JSON object. While the
/// flag `ai_assistant` is off, which it is by default, there is no such path. The tools that change
/// something need a key with the scope `run`.
#[utoipa::path(post, path = "/api/v1/mcp", tag = "assistants", params(McpHeaders),
    request_body(content = McpMessage, examples(
        ("list_tools" = (summary = "Which tools there are", value = json!(examples::mcp_list_tools()))),
        ("call_tool" = (summary = "A call of a tool", value = json!(examples::mcp_call_tool()))),
    )),
    responses(
        (status = 200, description = "The answer to a request.", body = McpAnswer, example = json!(examples::mcp_answer())),
        (status = 202, description = "A notification was taken note of."),
        (status = 400, description = "The body is no message, or of a revision that is not spoken here.", body = McpAnswer),
        (status = 404, description = "Since 2026-07-28: there is no such method.", body = McpAnswer),
    ),
)]
pub(super) fn call_mcp() {}
