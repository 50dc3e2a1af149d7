//! Flags and the log level.

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use super::paging::PageParams;
use crate::problem::Code;

const CHANGES: &[Code] = &[
    Code::ValidationError,
    Code::MalformedRequest,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::Unavailable,
];

pub(super) const PROBLEMS: &[Refusals] = &[
    ("list_flags", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("get_flag", &[Code::NotFound, Code::Unavailable]),
    (
        "set_flag",
        &[
            Code::NotFound,
            Code::ValidationError,
            Code::MalformedRequest,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::Unavailable,
        ],
    ),
    ("clear_flag", &[Code::NotFound, Code::Unavailable]),
    ("get_logging", &[Code::Unavailable]),
    ("set_logging", CHANGES),
    ("clear_logging", &[Code::Unavailable]),
];

#[derive(ToSchema)]
struct FlagPage {
    items: Vec<Flag>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// With `include_total=true`.
    #[schema(required = false)]
    total: u64,
}

/// A feature flag.
#[derive(ToSchema)]
struct Flag {
    key: String,
    /// What it is in the process that answers.
    value: bool,
    kind: FlagKind,
    /// What it is where nobody says anything.
    default: bool,
    description: String,
    /// The part of the server that looks at it.
    owner: String,
    source: FlagSource,
    /// When it was set at run time.
    #[schema(required, format = DateTime)]
    set_at: Option<String>,
    /// Who did.
    #[schema(required)]
    set_by: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum FlagKind {
    Ai,
    Limits,
    Experimental,
}

/// Where a value is from: set at run time, decided by a provider that is plugged in, configured,
/// or none of that.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum FlagSource {
    Override,
    Provider,
    Config,
    Default,
}

/// What a flag is to be.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct FlagRequest {
    value: bool,
}

/// What every process logs.
#[derive(ToSchema)]
struct Logging {
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`; for a part of the server as in
    /// `info,tapedeck_http=debug`.
    #[schema(example = "info,tapedeck_http=debug")]
    level: String,
    source: LoggingSource,
    /// What holds when nothing is set at run time.
    configured: String,
    /// When it was set at run time.
    #[schema(required, format = DateTime)]
    set_at: Option<String>,
    /// Who did.
    #[schema(required)]
    set_by: Option<String>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum LoggingSource {
    Override,
    Config,
    Default,
}

/// What is to be logged.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
struct LoggingRequest {
    #[schema(
        max_length = 1000,
        pattern = "^([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace)(,([A-Za-z0-9_:]+=)?(off|error|warn|info|debug|trace))*$",
        example = "info,tapedeck_http=debug"
    )]
    level: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct FlagPath {
    #[param(example = "tight_limits")]
    key: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct FlagParams {
    /// Counts them, too.
    #[param(required = false)]
    include_total: bool,
}

/// Feature flags
///
/// In the order of their keys.
#[utoipa::path(get, path = "/api/v1/flags", tag = "operations", params(PageParams, FlagParams),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = FlagPage, example = json!(examples::flags()))),
)]
pub(super) fn list_flags() {}

/// A feature flag
#[utoipa::path(get, path = "/api/v1/flags/{key}", tag = "operations", params(FlagPath),
    responses((status = 200, description = "The flag.", body = Flag, example = json!(examples::flag()))),
)]
pub(super) fn get_flag() {}

/// Set a feature flag
///
/// For every process, within a second, and until it is taken back; whatever is configured and
/// whatever a provider says. It is recorded in the audit trail.
#[utoipa::path(put, path = "/api/v1/flags/{key}", tag = "operations", params(FlagPath),
    request_body(content = FlagRequest, examples(
        ("on" = (summary = "On", value = json!({"value": true}))),
    )),
    responses((status = 200, description = "The flag.", body = Flag, example = json!(examples::flag()))),
)]
pub(super) fn set_flag() {}

/// Take back what was set
///
/// The flag is what it is without an override. One that has none stays as it is.
#[utoipa::path(delete, path = "/api/v1/flags/{key}", tag = "operations", params(FlagPath),
    responses((status = 200, description = "The flag.", body = Flag, example = json!(examples::flag_default()))),
)]
pub(super) fn clear_flag() {}

/// What is logged
#[utoipa::path(get, path = "/api/v1/logging", tag = "operations",
    responses((status = 200, description = "The log level.", body = Logging, example = json!(examples::logging()))),
)]
pub(super) fn get_logging() {}

/// Change what is logged
///
/// By every process, within a second, and until it is taken back. It is recorded in the audit
/// trail.
#[utoipa::path(put, path = "/api/v1/logging", tag = "operations",
    request_body(content = LoggingRequest, examples(
        ("debug" = (summary = "More of one part", value = json!({"level": "info,tapedeck_http=debug"}))),
    )),
    responses((status = 200, description = "The log level.", body = Logging, example = json!(examples::logging()))),
)]
pub(super) fn set_logging() {}

/// Log as configured
#[utoipa::path(delete, path = "/api/v1/logging", tag = "operations",
    responses((status = 200, description = "The log level.", body = Logging, example = json!(examples::logging_default()))),
)]
pub(super) fn clear_logging() {}
