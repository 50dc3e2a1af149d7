//! Parameters that many operations share.

use utoipa::{IntoParams, ToSchema};

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Items of a page.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Which page of a table, and in what format.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TableParams {
    /// Rows of a page of JSON.
    #[param(minimum = 1, maximum = 10_000, default = 10_000)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Goes before the `Accept` header. CSV has every row, whatever the page.
    #[param(inline)]
    format: Option<Format>,
}

/// In what format.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Format {
    Json,
    Csv,
}

/// The backtest.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct BacktestPath {
    /// The id of a backtest (UUIDv7).
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11")]
    id: String,
}
