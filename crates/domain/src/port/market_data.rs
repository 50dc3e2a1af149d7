use async_trait::async_trait;

use crate::bars::Bars;
use crate::dataset::{Interval, Symbol};
use crate::time::Timestamp;

/// A service that knows bars.
#[async_trait]
pub trait MarketData: Send + Sync {
    /// All bars whose time is after `after`; `None` when there are none. What the service says is
    /// checked; there may be more tries at a service that does not answer.
    async fn candles(
        &self,
        symbol: &Symbol,
        interval: Interval,
        after: Timestamp,
    ) -> Result<Option<Bars>, MarketDataError>;
}

/// Why there are no bars.
#[derive(Debug, thiserror::Error)]
pub enum MarketDataError {
    /// It does not answer, or not in time. Trying again later may help.
    #[error("the market-data service cannot be reached: {0}")]
    Unavailable(String),
    /// It refuses: the key, the symbol or the interval.
    #[error("the market-data service refuses: {0}")]
    Refused(String),
    /// What it answers cannot be used.
    #[error("the market-data service's answer cannot be used: {0}")]
    BadAnswer(String),
}
