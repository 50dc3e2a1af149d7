//! What a service answers, read and not believed.

use serde::Deserialize;
use tapedeck_domain::bars::Columns;
use tapedeck_domain::port::MarketDataError;
use tapedeck_domain::time::Timestamp;

/// Candles that are asked for at once.
pub(crate) const PAGE: usize = 5000;

/// Fields that are not known here are the service's own business.
#[derive(Deserialize)]
struct Answer {
    candles: Vec<Candle>,
    /// Anything but `null` says that there is more.
    next: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Candle {
    time: String,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

/// One page of candles, whose values have not been checked yet.
pub(crate) struct Page {
    pub(crate) columns: Columns,
    /// Whether there is more.
    pub(crate) more: bool,
}

/// Reads a page of candles that come after `last`.
pub(crate) fn read(body: &[u8], last: Timestamp) -> Result<Page, MarketDataError> {
    let bad = MarketDataError::BadAnswer;
    let answer: Answer = serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    if answer.candles.len() > PAGE {
        return Err(bad(format!("{} candles where {PAGE} were asked for", answer.candles.len())));
    }
    let more =
        !answer.candles.is_empty() && (answer.candles.len() == PAGE || answer.next.is_some());
    let (mut columns, mut last) = (Columns::default(), last);
    for (index, candle) in answer.candles.into_iter().enumerate() {
        let time: Timestamp = candle
            .time
            .parse()
            .map_err(|_| bad(format!("candle {index}: its time is not RFC 3339")))?;
        if time <= last {
            return Err(bad(format!("candle {index}: its time {time} is not after {last}")));
        }
        last = time;
        columns.time.push(time.as_nanos());
        columns.open.push(candle.open);
        columns.high.push(candle.high);
        columns.low.push(candle.low);
        columns.close.push(candle.close);
        columns.volume.push(candle.volume);
    }
    Ok(Page { columns, more })
}
