//! Rows of the tables of a run. Bars count from 0 within its range.

use utoipa::ToSchema;

/// A round trip, from flat to flat; net of costs.
#[derive(ToSchema)]
pub(super) struct Trade {
    id: u64,
    side: TradeSide,
    quantity: f64,
    #[schema(format = DateTime)]
    entry_time: String,
    entry_bar: u64,
    entry_price: f64,
    #[schema(format = DateTime)]
    exit_time: String,
    exit_bar: u64,
    exit_price: f64,
    pnl: f64,
    /// `pnl` as a fraction of the entry's notional.
    r#return: f64,
    commission: f64,
    bars_held: u64,
    exit_reason: ExitReason,
    /// Worst open result, by low and high over its bars.
    mae: f64,
    /// Best open result.
    mfe: f64,
}

/// A position that was still open at the end.
#[derive(ToSchema)]
pub(super) struct OpenTrade {
    side: TradeSide,
    quantity: f64,
    #[schema(format = DateTime)]
    entry_time: String,
    entry_bar: u64,
    entry_price: f64,
    commission: f64,
    open_pnl: f64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum TradeSide {
    Long,
    Short,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ExitReason {
    Signal,
    StopLoss,
    TakeProfit,
    TrailingStop,
    EndOfData,
}

/// An order, on the bar that decided it.
#[derive(ToSchema)]
pub(super) struct Order {
    id: u64,
    #[schema(format = DateTime)]
    time: String,
    bar: u64,
    kind: OrderKind,
    side: OrderSide,
    quantity: f64,
    #[schema(required)]
    limit_price: Option<f64>,
    #[schema(required)]
    stop_price: Option<f64>,
    status: OrderStatus,
    #[schema(required)]
    reject_reason: Option<RejectReason>,
    /// Units that were filled.
    filled_quantity: f64,
    /// The bar in which it was filled, withdrawn, refused or expired.
    #[schema(required)]
    ended_bar: Option<u64>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum OrderKind {
    Market,
    Limit,
    Stop,
    StopLimit,
    TrailingStop,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum OrderSide {
    Buy,
    Sell,
}

/// `pending`: decided on the last bar, with no bar left to fill it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum OrderStatus {
    Pending,
    Working,
    Filled,
    Cancelled,
    Expired,
    Rejected,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum RejectReason {
    InsufficientCash,
    ZeroQuantity,
    NoRisk,
    InvalidPrice,
}

/// An execution.
#[derive(ToSchema)]
pub(super) struct Fill {
    id: u64,
    order_id: u64,
    #[schema(format = DateTime)]
    time: String,
    bar: u64,
    side: OrderSide,
    quantity: f64,
    price: f64,
    commission: f64,
    slippage: f64,
}

/// The account at the close of a bar.
#[derive(ToSchema)]
pub(super) struct EquityPoint {
    #[schema(format = DateTime)]
    time: String,
    bar: u64,
    equity: f64,
    cash: f64,
    /// Units, negative when short.
    position: f64,
    /// As a fraction of the highest equity so far, positive.
    drawdown: f64,
}

/// Something that the run had to say.
#[derive(ToSchema)]
pub(super) struct LogLine {
    bar: u64,
    #[schema(format = DateTime)]
    time: String,
    level: LogLevel,
    message: String,
}

/// How serious a line is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum LogLevel {
    Info,
    Warn,
}
