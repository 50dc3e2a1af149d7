//! What each operation needs, from the table that the server goes by.

use actix_web::http::Method;
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};

use crate::problem::Code;
use crate::scopes::{Need, need, takes_ticket};

/// The two ways to say who one is.
pub(super) fn schemes(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "An access key. Needed as soon as there is one; `x-scope` says which scope it must have: \
         `read`, `run` or `admin`, each of which includes those before it.",
    ));
    let ticket = ApiKeyValue::with_description(
        "ticket",
        "A ticket of `POST /api/v1/tickets`, good for one socket or stream.",
    );
    let schemes = &mut components.security_schemes;
    schemes.insert("bearer".to_owned(), SecurityScheme::Http(bearer.build()).into());
    schemes.insert("ticket".to_owned(), SecurityScheme::ApiKey(ApiKey::Query(ticket)).into());
}

/// Says what the operation needs, and how.
pub(super) fn secure(operation: &mut Operation, method: &Method, path: &str) {
    let scheme = |name| SecurityRequirement::new::<_, [&str; 0], &str>(name, []);
    let (mut ways, scope) = match need(method, path) {
        Need::Nothing => (Vec::new(), "none"),
        // Without any key nothing is needed, which is what the empty requirement says.
        Need::Key(scope) => (vec![scheme("bearer")], scope.as_str()),
    };
    if takes_ticket(method, path) {
        ways.push(scheme("ticket"));
    }
    operation.security = Some(ways);
    let extension = Extensions::builder().add("x-scope", json!(scope)).build();
    operation.extensions = Some(extension);
}

/// With what every operation of this kind can be refused.
pub(super) fn refusals(method: &Method, path: &str) -> Vec<Code> {
    let mut codes =
        vec![Code::MalformedRequest, Code::Forbidden, Code::UriTooLong, Code::HeadersTooLarge];
    if path != "/healthz" && !path.starts_with("/api/health") {
        codes.push(Code::RateLimited);
    }
    if need(method, path) != Need::Nothing {
        codes.extend([Code::Unauthorized, Code::Unavailable]);
    }
    if *method != Method::GET {
        codes.push(Code::RequestTimeout);
    }
    codes
}
