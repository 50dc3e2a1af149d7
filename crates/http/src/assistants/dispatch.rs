//! Which method does what.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResult, DiscoverResult, ErrorCode, ErrorData,
    Implementation, InitializeRequestParams, InitializeResult, JsonObject, ListToolsResult,
    RequestId, ServerCapabilities, ToolsCapability,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer;
use super::message::Request;
use super::revision::{Revision, SPOKEN, negotiated};
use super::tools::{TOOLS, Tool, Visitor};

/// How long a client may keep what it was told of the tools: they change with the server alone.
const FRESH_MS: u64 = 300_000;
/// Characters of what a client sent that are repeated to it.
const REPEATED: usize = 64;

/// Answers a request.
pub(super) async fn answered(
    visitor: &Visitor<'_>,
    request: Request,
    revision: &Revision,
) -> HttpResponse {
    let Request { id, method, params } = request;
    let stateless = revision.is_stateless();
    match (method.as_str(), stateless) {
        ("initialize", _) => said(id, initialize(params)),
        ("server/discover", _) => answer::result(id, discover()),
        ("ping", false) => answer::result(id, json!({})),
        ("tools/list", _) => said(id, list_tools(visitor, &params, stateless)),
        ("tools/call", _) => said(id, call_tool(visitor, params, stateless).await),
        (other, _) => {
            let status = if stateless { StatusCode::NOT_FOUND } else { StatusCode::OK };
            let why = format!("no such method: {}", repeated(other));
            answer::error(status, Some(id), ErrorData::new(ErrorCode::METHOD_NOT_FOUND, why, None))
        }
    }
}

fn said<R: serde::Serialize>(id: RequestId, outcome: Result<R, ErrorData>) -> HttpResponse {
    match outcome {
        Ok(result) => answer::result(id, result),
        Err(error) => answer::error(StatusCode::OK, Some(id), error),
    }
}

fn initialize(params: JsonObject) -> Result<InitializeResult, ErrorData> {
    let params: InitializeRequestParams = read(params)?;
    Ok(InitializeResult::new(capabilities())
        .with_protocol_version(negotiated(&params.protocol_version))
        .with_server_info(server())
        .with_instructions(INSTRUCTIONS))
}

fn discover() -> DiscoverResult {
    let mut found = DiscoverResult::new(SPOKEN.to_vec(), capabilities()).with_server_info(server());
    found.instructions = Some(INSTRUCTIONS.to_owned());
    found.ttl_ms = FRESH_MS;
    found
}

/// Those that the caller may call.
fn list_tools(
    visitor: &Visitor<'_>,
    params: &JsonObject,
    stateless: bool,
) -> Result<ListToolsResult, ErrorData> {
    if params.get("cursor").is_some_and(|cursor| !cursor.is_null()) {
        return Err(ErrorData::invalid_params("there is one page of tools, and no cursor", None));
    }
    let tools = TOOLS.iter().filter(|tool| visitor.caller.may(tool.scope));
    let mut result = ListToolsResult::with_all_items(tools.map(Tool::described).collect());
    if stateless {
        (result.ttl_ms, result.cache_scope) = (Some(FRESH_MS), Some(CacheScope::Private));
    } else {
        result.result_type = None;
    }
    Ok(result)
}

async fn call_tool(
    visitor: &Visitor<'_>,
    params: JsonObject,
    stateless: bool,
) -> Result<CallToolResult, ErrorData> {
    let CallToolRequestParams { name, arguments, .. } = read(params)?;
    let Some(tool) = Tool::named(&name) else {
        let why = format!("no such tool: {}", repeated(&name));
        return Err(ErrorData::invalid_params(why, None));
    };
    let mut result = tool.call(visitor, arguments.unwrap_or_default()).await;
    if !stateless {
        result.result_type = None;
    }
    let failed = result.is_error == Some(true);
    tracing::debug!(tool.name = tool.name, tool.failed = failed, "tool called");
    Ok(result)
}

fn read<T: DeserializeOwned>(params: JsonObject) -> Result<T, ErrorData> {
    serde_json::from_value(Value::Object(params))
        .map_err(|error| ErrorData::invalid_params(format!("`params`: {error}"), None))
}

fn repeated(text: &str) -> String {
    text.chars().take(REPEATED).collect()
}

fn capabilities() -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::default();
    capabilities.tools = Some(ToolsCapability::default());
    capabilities
}

fn server() -> Implementation {
    Implementation::new("tapedeck", env!("CARGO_PKG_VERSION")).with_title("Tapedeck")
}

/// What an assistant is told before it does anything.
const INSTRUCTIONS: &str = include_str!("instructions.md");
