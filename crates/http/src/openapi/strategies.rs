//! `/strategies`.

use serde_json::Value;
use utoipa::ToSchema;

use super::complete::Refusals;
use super::examples;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("get_strategy", &[Code::StrategyNotFound]),
    ("get_strategy_schema", &[Code::StrategyNotFound]),
];

/// Rules that a backtest can run.
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
    /// JSON Schema (2020-12) of the parameters.
    #[schema(value_type = Object)]
    schema: Value,
    /// The rules in words, with the default parameters.
    summary: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum StrategyKind {
    Builtin,
}

#[derive(ToSchema)]
struct StrategyPage {
    items: Vec<Strategy>,
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List strategies
#[utoipa::path(get, path = "/api/v1/strategies", tag = "strategies", responses(
    (status = 200, description = "All of them.", body = StrategyPage, example = json!(examples::strategies())),
))]
pub(super) fn list_strategies() {}

/// Look at a strategy
#[utoipa::path(get, path = "/api/v1/strategies/{id}", tag = "strategies",
    params(("id" = String, Path, description = "Its name.", example = "sma_crossover")),
    responses(
        (status = 200, description = "The strategy.", body = Strategy, example = json!(examples::strategy())),
    ),
)]
pub(super) fn get_strategy() {}

/// The parameters of a strategy
///
/// Each with its type, range, default and a sensible step, enough to build a form from.
#[utoipa::path(get, path = "/api/v1/strategies/{id}/schema", tag = "strategies",
    params(("id" = String, Path, description = "Its name.", example = "sma_crossover")),
    responses(
        (status = 200, description = "JSON Schema (2020-12).", body = Object,
            content_type = "application/schema+json", example = json!(examples::strategy_schema())),
    ),
)]
pub(super) fn get_strategy_schema() {}
