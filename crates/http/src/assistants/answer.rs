//! Answers as JSON-RPC has them: one object, never a stream.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use rmcp::model::{ErrorData, JsonRpcError, JsonRpcResponse, JsonRpcVersion2_0, RequestId};
use serde::Serialize;

/// What was asked for.
pub(super) fn result<R: Serialize>(id: RequestId, result: R) -> HttpResponse {
    HttpResponse::Ok().json(JsonRpcResponse { jsonrpc: JsonRpcVersion2_0, id, result })
}

/// Why there is no result.
pub(super) fn error(status: StatusCode, id: Option<RequestId>, error: ErrorData) -> HttpResponse {
    HttpResponse::build(status).json(JsonRpcError::new(id, error))
}
