//! `/strategies` and `/rules-schema`.

use utoipa::IntoParams;

use super::complete::Refusals;
use super::examples;
use super::paging::PageParams;
use super::strategy::{
    Module, NewStrategy, RulesCheck, RulesToCheck, Strategy, StrategyChange, StrategyPage,
};
use crate::problem::Code;

const BODY: [Code; 4] = [
    Code::ValidationError,
    Code::MalformedRequest,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
];

pub(super) const PROBLEMS: &[Refusals] = &[
    ("list_strategies", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("create_strategy", &[BODY[0], BODY[1], BODY[2], BODY[3], Code::Conflict, Code::Unavailable]),
    ("get_strategy", &[Code::ValidationError, Code::StrategyNotFound, Code::Unavailable]),
    (
        "update_strategy",
        &[
            BODY[0],
            BODY[1],
            BODY[2],
            BODY[3],
            Code::StrategyNotFound,
            Code::Conflict,
            Code::Unavailable,
        ],
    ),
    ("delete_strategy", &[Code::StrategyNotFound, Code::Conflict, Code::Unavailable]),
    (
        "list_strategy_versions",
        &[Code::ValidationError, Code::OutOfRange, Code::StrategyNotFound, Code::Unavailable],
    ),
    (
        "get_strategy_module",
        &[Code::ValidationError, Code::StrategyNotFound, Code::NotFound, Code::Unavailable],
    ),
    ("get_strategy_schema", &[Code::ValidationError, Code::StrategyNotFound, Code::Unavailable]),
    ("validate_strategy", &[BODY[0], BODY[1], BODY[2], BODY[3], Code::Unavailable]),
];

/// The strategy.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
struct StrategyPath {
    /// Its name.
    #[param(example = "sma_crossover")]
    id: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct VersionParams {
    /// The latest when nothing is said.
    #[param(required = false, minimum = 1)]
    version: u32,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct NewModuleParams {
    /// Of a module: its name in paths and runs, as in the document. Required then.
    #[param(required = false, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    id: String,
    /// Of a module: a name for people, in place of the one in it.
    #[param(required = false, min_length = 1, max_length = 100)]
    name: String,
    /// Of a module: what it does, in place of what it says.
    #[param(required = false, max_length = 2_000)]
    description: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct ModuleParams {
    /// Of a module: a name for people, in place of the one in it.
    #[param(required = false, min_length = 1, max_length = 100)]
    name: String,
    /// Of a module: what it does, in place of what it says.
    #[param(required = false, max_length = 2_000)]
    description: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct TotalParams {
    /// Count all of them, too.
    #[param(required = false, default = false)]
    include_total: bool,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
struct PreconditionHeaders {
    /// The `ETag` of the version that is meant: when another one is the latest by now, the answer
    /// is 409 and nothing is done (RFC 9110). Any version when nothing is said, or `*`.
    #[param(required = false, rename = "If-Match", example = "\"1\"")]
    if_match: String,
}

/// List strategies
///
/// Stored ones, newest first, then those that came with the server; the latest version of each.
/// A new version leaves its strategy in its place.
#[utoipa::path(get, path = "/api/v1/strategies", tag = "strategies",
    params(PageParams, TotalParams),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = StrategyPage, example = json!(examples::strategies()))),
)]
pub(super) fn list_strategies() {}

/// Store a strategy
///
/// A rule set under a name, as a document, or a guest strategy: a WebAssembly module as the whole
/// body, with its name in the query. Faults of the rules have pointers under `/definition`. A
/// module is looked into in a process of its own; why it cannot be run has the pointer `""`. Sent
/// again, a strategy is answered 409, since the name is in use by then.
#[utoipa::path(post, path = "/api/v1/strategies", tag = "strategies",
    params(NewModuleParams),
    request_body(content(
        (NewStrategy = "application/json", examples(
            ("rules" = (summary = "A rule set with a parameter", value = json!(examples::strategy_new()))),
        )),
        (Module = "application/wasm"),
    )),
    responses((status = 201, description = "Its first version.",
        headers(
            ("location" = String, description = "Its path."),
            ("etag" = String, description = "The version, for `If-Match`."),
        ),
        body = Strategy, example = json!(examples::strategy_stored()))),
)]
pub(super) fn create_strategy() {}

/// Look at a strategy
///
/// Its latest version, or the one that is named. A strategy that was removed is not found.
#[utoipa::path(get, path = "/api/v1/strategies/{id}", tag = "strategies",
    params(StrategyPath, VersionParams),
    responses((status = 200, description = "The strategy.",
        headers(("etag" = String, description = "The version, for `If-Match`.")),
        body = Strategy, example = json!(examples::strategy()))),
)]
pub(super) fn get_strategy() {}

/// Change a strategy
///
/// Stores a new version; the old ones stay, and runs that name one still get it. A body that says
/// what the latest version says changes nothing and is answered with that version, so the request
/// can be repeated. Of two changes at the same moment, the later one becomes the version after the
/// earlier one, unless `If-Match` says that it must not. A strategy keeps its kind: a document for
/// a guest strategy, and a module for rules, are answered 409.
#[utoipa::path(put, path = "/api/v1/strategies/{id}", tag = "strategies",
    params(StrategyPath, ModuleParams, PreconditionHeaders),
    request_body(content(
        (StrategyChange = "application/json", examples(
            ("rules" = (summary = "Other rules", value = json!(examples::strategy_change()))),
        )),
        (Module = "application/wasm"),
    )),
    responses((status = 200, description = "The latest version, new or as it was.",
        headers(("etag" = String, description = "The version, for `If-Match`.")),
        body = Strategy, example = json!(examples::strategy_changed()))),
)]
pub(super) fn update_strategy() {}

/// Remove a strategy
///
/// It is found no more, and no new run can name it. Runs that were submitted before have its
/// rules and stay as they are. The name is not used again.
#[utoipa::path(delete, path = "/api/v1/strategies/{id}", tag = "strategies",
    params(StrategyPath, PreconditionHeaders),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) fn delete_strategy() {}

/// List the versions of a strategy
///
/// Newest first.
#[utoipa::path(get, path = "/api/v1/strategies/{id}/versions", tag = "strategies",
    params(StrategyPath, PageParams, TotalParams),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = StrategyPage, example = json!(examples::strategy_versions()))),
)]
pub(super) fn list_strategy_versions() {}

/// The parameters of a strategy
///
/// Each with its type, range, default and a sensible step, enough to build a form from.
#[utoipa::path(get, path = "/api/v1/strategies/{id}/schema", tag = "strategies",
    params(StrategyPath, VersionParams),
    responses(
        (status = 200, description = "JSON Schema (2020-12).", body = Object,
            content_type = "application/schema+json", example = json!(examples::strategy_schema())),
    ),
)]
pub(super) fn get_strategy_schema() {}

/// The module of a guest strategy
///
/// Byte for byte as it was sent. Answered 404 for a strategy that is no module.
#[utoipa::path(get, path = "/api/v1/strategies/{id}/module", tag = "strategies",
    params(StrategyPath, VersionParams, (
        "If-None-Match" = Option<String>, Header,
        description = "An entity tag that was received before (RFC 9110)."
    )),
    responses(
        (status = 200, description = "The module.", body = Module, content_type = "application/wasm",
            headers(("etag" = String, description = "The SHA-256 of the module, quoted."))),
        (status = 304, description = "The client has this module already.",
            headers(("etag" = String, description = "The SHA-256 of the module, quoted."))),
    ),
)]
pub(super) fn get_strategy_module() {}

/// Check rules or a module
///
/// Stores nothing. Whatever is wrong with the rules or their parameters, or with the module, is in
/// the answer, which is 200 all the same, so that a form can show it. A body of another shape is
/// refused.
#[utoipa::path(post, path = "/api/v1/strategies/validate", tag = "strategies",
    request_body(content(
        (RulesToCheck = "application/json", examples(
            ("rules" = (summary = "Rules with a parameter", value = json!(examples::rules_to_check()))),
        )),
        (Module = "application/wasm"),
    )),
    responses((status = 200, description = "What was found out.", body = RulesCheck, examples(
        ("valid" = (summary = "They can be stored", value = json!(examples::rules_valid()))),
        ("invalid" = (summary = "They cannot", value = json!(examples::rules_invalid()))),
    ))),
)]
pub(super) fn validate_strategy() {}

/// The schema of rule sets
///
/// For editors and forms. A document can have this shape and still be refused: that the names in
/// it exist is for `POST /api/v1/strategies/validate` to say.
#[utoipa::path(get, path = "/api/v1/rules-schema", tag = "strategies", responses(
    (status = 200, description = "JSON Schema (2020-12).", body = Object,
        content_type = "application/schema+json"),
))]
pub(super) fn get_rules_schema() {}
