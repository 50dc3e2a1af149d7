//! A strategy as it is sent: a document, or a module.

use std::sync::Arc;

use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::StreamExt as _;

use crate::extract::{JsonBytes, is_json};
use crate::gate::too_slow;
use crate::problem::{Code, Problem};
use crate::services::Services;

/// The body of a route that takes documents and modules.
pub(crate) enum StrategyBody {
    /// `application/json`.
    Json(Bytes),
    /// `application/wasm`.
    Module(Arc<[u8]>),
}

/// The content type of modules.
pub(super) const WASM: &str = "application/wasm";

impl FromRequest for StrategyBody {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_wasm(req) {
            let (is_json, json) = (is_json(req), JsonBytes::from_request(req, payload));
            return Box::pin(async move {
                if is_json {
                    return json.await.map(|JsonBytes(bytes)| Self::Json(bytes));
                }
                let detail = "the body must be application/json or application/wasm";
                Err(Problem::new(Code::UnsupportedMediaType, detail))
            });
        }
        let limit = req.app_data::<Data<Services>>().map_or(0, |it| it.modules.max_bytes);
        let (announced, payload) = (announced(req), payload.take());
        Box::pin(async move { module(payload, announced, limit).await.map(Self::Module) })
    }
}

fn is_wasm(req: &HttpRequest) -> bool {
    let value = req.headers().get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(WASM)
}

/// How long the body is, as far as the client says.
fn announced(req: &HttpRequest) -> usize {
    let value = req.headers().get(header::CONTENT_LENGTH);
    value.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// Reads no more than `limit` bytes, whatever was announced.
async fn module(
    mut payload: Payload,
    announced: usize,
    limit: usize,
) -> Result<Arc<[u8]>, Problem> {
    let too_large = || {
        let detail = format!("the module is larger than sandbox.max_module_bytes, {limit} bytes");
        Problem::new(Code::PayloadTooLarge, detail)
    };
    if announced > limit {
        return Err(too_large());
    }
    let mut module = BytesMut::with_capacity(announced);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error: PayloadError| {
            too_slow(&error)
                .unwrap_or_else(|| Problem::new(Code::MalformedRequest, "the body cannot be read"))
        })?;
        if module.len() + chunk.len() > limit {
            return Err(too_large());
        }
        module.extend_from_slice(&chunk);
    }
    Ok(Arc::from(module.as_ref()))
}
