//! `/keys` and `/tickets`.

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("list_keys", &[Code::ValidationError]),
    (
        "create_key",
        &[
            Code::MalformedRequest,
            Code::ValidationError,
            Code::Conflict,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ],
    ),
    ("revoke_key", &[Code::NotFound]),
];

#[derive(ToSchema)]
struct KeyPage {
    items: Vec<AccessKey>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A key, without its text.
#[derive(ToSchema)]
struct AccessKey {
    #[schema(format = Uuid)]
    id: String,
    /// What the audit trail calls its holder, after `key:`. Each name is used once.
    #[schema(max_length = 64, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    name: String,
    /// How its text begins.
    prefix: String,
    scope: Scope,
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is refused, if ever.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// From when on it is refused, since somebody took it back.
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// When it was last used, give or take some seconds.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
}

/// A key, with its text, which is told this once.
#[derive(ToSchema)]
struct NewAccessKey {
    #[schema(format = Uuid)]
    id: String,
    /// What the audit trail calls its holder, after `key:`. Each name is used once.
    #[schema(max_length = 64, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    name: String,
    /// How its text begins.
    prefix: String,
    scope: Scope,
    #[schema(format = DateTime)]
    created_at: String,
    /// From when on it is refused, if ever.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// From when on it is refused, since somebody took it back.
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    /// When it was last used, give or take some seconds.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    /// What goes after `Authorization: Bearer`.
    key: String,
}

/// Each scope includes those before it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Scope {
    Read,
    Run,
    Admin,
}

/// A key that is to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyRequest {
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9_-]*$", example = "ci")]
    name: String,
    scope: Scope,
    /// After how long it is refused; nothing means never.
    #[schema(minimum = 1, maximum = 316_224_000_000_u64)]
    expires_in_ms: Option<u64>,
}

#[derive(ToSchema)]
struct Ticket {
    /// Goes into the address as `?ticket=`.
    ticket: String,
    /// When it is good for nothing any more, if it was not used.
    #[schema(format = DateTime)]
    expires_at: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct KeyPath {
    /// The key.
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11")]
    id: String,
}

/// List the access keys
///
/// All of them, those that have expired or were revoked included, oldest first.
#[utoipa::path(get, path = "/api/v1/keys", tag = "access", responses(
    (status = 200, description = "The keys.", body = KeyPage, example = json!(examples::keys())),
))]
pub(super) fn list_keys() {}

/// Make an access key
///
/// The answer has its text, and no other ever will. As soon as there is a key, every route needs
/// one but health, documents and problems; revoking the last one does not change that.
#[utoipa::path(post, path = "/api/v1/keys", tag = "access",
    request_body(content = KeyRequest, examples(
        ("runner" = (summary = "For a program that runs backtests", value = json!({"name": "ci", "scope": "run", "expires_in_ms": 2_592_000_000_u64}))),
    )),
    responses((status = 201, description = "The key, with its text.",
        headers(("location" = String, description = "Where it can be revoked.")),
        body = NewAccessKey, example = json!(examples::new_key()))),
)]
pub(super) fn create_key() {}

/// Revoke an access key
///
/// Every process refuses it within a second. A key that was revoked before stays as it is.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "access", params(KeyPath),
    responses((status = 204, description = "It is refused from now on.")),
)]
pub(super) fn revoke_key() {}

/// Get a ticket for a socket or a stream
///
/// Browsers open sockets and event streams without headers. A ticket in their address stands in
/// for the key of whoever asked for it: once, within 30 seconds. A key itself is never taken from
/// an address.
#[utoipa::path(post, path = "/api/v1/tickets", tag = "access",
    responses((status = 201, description = "A ticket.", body = Ticket, example = json!({
        "ticket": "tk_0sQ7mZr3nB1yXcV5kJ8hG2fD4aP6wE9tU0iO3lM5nR7_2aBcD3",
        "expires_at": "2026-11-21T08:00:30Z",
    }))),
)]
pub(super) fn create_ticket() {}
