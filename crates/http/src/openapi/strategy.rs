//! Strategies, and what is found out about rules.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::problem::FieldError;

/// Rules that a backtest can run: one version of them, which never changes.
#[derive(ToSchema)]
pub(super) struct Strategy {
    /// A slug.
    id: String,
    /// Counts from 1; runs pin it.
    #[schema(minimum = 1)]
    version: u32,
    /// A name for people.
    name: String,
    description: String,
    kind: StrategyKind,
    /// The rule set, as it was sent; of a guest strategy a `GuestDefinition`. A built-in strategy has the rule set that gives the same
    /// trades, or `null` where no rules can say what it does.
    #[schema(required, value_type = Option<Object>)]
    definition: Option<Value>,
    /// SHA-256 of the definition in canonical form; `null` for a built-in strategy.
    #[schema(required)]
    content_hash: Option<String>,
    /// When this version was stored; `null` for a built-in strategy.
    #[schema(required, format = DateTime)]
    created_at: Option<String>,
    /// JSON Schema (2020-12) of the parameters.
    #[schema(value_type = Object)]
    schema: Value,
    /// The rules in words, with the default parameters.
    summary: String,
}

/// Where it comes from: the server, or a user.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum StrategyKind {
    Builtin,
    Rules,
    Guest,
}

/// What the definition of a guest strategy holds: the module by its content, and what it said of
/// itself when it was stored.
#[derive(ToSchema)]
pub(super) struct GuestDefinition {
    module: StoredModule,
    /// The version of the guest interface that it speaks.
    abi: u32,
    form: GuestForm,
    /// Its parameters; `schema` says the same.
    #[schema(value_type = Vec<Object>)]
    params: Vec<Value>,
}

/// A module that is kept.
#[derive(ToSchema)]
pub(super) struct StoredModule {
    /// SHA-256 of its bytes.
    content_hash: String,
    bytes: u64,
}

/// How bars are handed to it: one a call, or many.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum GuestForm {
    Single,
    Batch,
}

/// A WebAssembly module, of at most `sandbox.max_module_bytes` bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(super) struct Module(Vec<u8>);

#[derive(ToSchema)]
pub(super) struct StrategyPage {
    items: Vec<Strategy>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// With `include_total=true`.
    #[schema(required = false)]
    total: u64,
}

/// A strategy to be stored.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewStrategy {
    /// Its name in paths and runs, for ever: that of a removed strategy is not used again.
    /// `inline`, `validate` and `rules-schema` are reserved.
    #[schema(example = "rsi-dip", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")]
    id: String,
    /// A name for people, without control characters; the id when nothing is said.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 2_000)]
    description: Option<String>,
    /// A rule set; its JSON Schema is at `/api/v1/rules-schema`.
    #[schema(value_type = Object)]
    definition: Value,
}

/// What a strategy is to be from now on.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StrategyChange {
    /// Stays as it was when nothing is said.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Stays as it was when nothing is said.
    #[schema(max_length = 2_000)]
    description: Option<String>,
    /// A rule set; its JSON Schema is at `/api/v1/rules-schema`.
    #[schema(value_type = Object)]
    definition: Value,
}

/// Rules to be checked.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesToCheck {
    /// What is to be a rule set. Any JSON but `null`: what it should have been is in the answer.
    definition: Value,
    /// Values to check the rules with; those that are missing take the defaults.
    #[schema(required = false)]
    params: BTreeMap<String, f64>,
}

/// What was found out about rules. Valid ones have all members but `errors`, others have
/// `errors`.
#[derive(ToSchema)]
pub(super) struct RulesCheck {
    /// Whether they could be stored, and run with these parameters.
    valid: bool,
    /// The rules in words, with these parameters.
    #[schema(required = false)]
    summary: String,
    /// JSON Schema (2020-12) of the parameters.
    #[schema(required = false, value_type = Object)]
    schema: Value,
    /// What is allowed, and perhaps not meant.
    #[schema(required = false)]
    warnings: Vec<RulesWarning>,
    /// Everything that is wrong.
    #[schema(required = false)]
    errors: Vec<FieldError>,
}

/// Something that is allowed, and perhaps not meant.
#[derive(ToSchema)]
pub(super) struct RulesWarning {
    /// JSON pointer (RFC 6901) into the body.
    #[schema(example = "/definition/indicators/fast")]
    pointer: String,
    code: WarningCode,
    /// The same in a sentence.
    detail: String,
}

/// `unused`: declared, and used nowhere. `never_leaves`: nothing ends a position but the end of
/// the data. `never_enters`: an exit without its entry.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum WarningCode {
    Unused,
    NeverLeaves,
    NeverEnters,
}
