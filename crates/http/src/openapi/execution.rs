//! How orders of a run were carried out, and what it was compared with.

use utoipa::ToSchema;

/// How orders are carried out.
#[derive(ToSchema)]
pub(super) struct Execution {
    /// When market orders fill.
    fill: FillAt,
    /// Whether an open position is closed at the last close.
    close_at_end: bool,
    /// What is assumed of the way of prices inside a bar that touches stop and target alike.
    intrabar: Intrabar,
    entry: EntryOrder,
    /// Of a bar's volume, the share that may be traded.
    #[schema(required = false)]
    max_volume_share: f64,
    /// Quantities are cut to multiples of it.
    #[schema(required = false)]
    lot_size: f64,
    /// Prices of orders and slipped fills are rounded to multiples of it.
    #[schema(required = false)]
    tick_size: f64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum FillAt {
    NextOpen,
    Close,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum Intrabar {
    Pessimistic,
    NearestExtreme,
    Optimistic,
}

/// How entries are ordered; offsets are measured from the close of the signal.
#[derive(ToSchema)]
struct EntryOrder {
    kind: EntryKind,
    #[schema(required = false)]
    offset_bps: f64,
    #[schema(required = false)]
    limit_offset_bps: f64,
    /// Bars that the order lives.
    #[schema(required = false)]
    valid_bars: u32,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum EntryKind {
    Market,
    Limit,
    Stop,
    StopLimit,
}

/// What is bought and held for comparison.
#[derive(ToSchema)]
pub(super) struct Benchmark {
    dataset_id: String,
    dataset_version: u32,
}

/// A check that a run makes of itself.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum Check {
    Lookahead,
}
