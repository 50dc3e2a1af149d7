//! Parameters that many operations share.

use utoipa::{IntoParams, ToSchema};

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Items of a page.
    #[param(required = false, minimum = 1, maximum = 500, default = 50)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(required = false, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: String,
}

/// Which page of a table, and in what format.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct TableParams {
    /// Rows of a page of JSON.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 10_000)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(required = false, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: String,
    /// Goes before the `Accept` header. All but JSON have every row, whatever the page.
    #[param(required = false, inline)]
    format: Format,
}

/// In what format.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Format {
    Json,
    Csv,
    Ndjson,
    Parquet,
}

/// One event of a stream, by the fields that it is sent as (WHATWG HTML, server-sent events).
#[derive(ToSchema)]
pub(super) struct ServerSentEvent {
    /// What happened.
    #[schema(required = false)]
    event: String,
    /// The number to go on after.
    #[schema(required = false)]
    id: String,
    /// JSON.
    #[schema(required = false)]
    data: String,
    /// Milliseconds before a client that lost its connection comes again.
    #[schema(required = false)]
    retry: u64,
}

/// The backtest.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct BacktestPath {
    /// The id of a backtest (UUIDv7).
    #[param(format = Uuid, example = "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11")]
    id: String,
}
