//! Bars: columns of time, open, high, low, close and volume.

use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// Columns of equal length that nobody has checked yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// Open time of each bar, UTC nanoseconds.
    pub time: Vec<i64>,
    /// First price.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
    /// Units traded; may be fractional.
    pub volume: Vec<f64>,
    /// What was quoted while each bar lasted, where it is known.
    pub quotes: Option<Quotes>,
}

/// What was quoted while each bar lasted: means over its time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Quotes {
    /// Mean bid.
    pub bid_mean: Vec<f64>,
    /// Mean ask.
    pub ask_mean: Vec<f64>,
    /// Mean of ask - bid.
    pub spread_mean: Vec<f64>,
}

/// Bars that hold what every run relies on: strictly increasing time, finite positive prices,
/// `high >= max(open, close)` and `low <= min(open, close)`, finite volumes from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars(Columns);

/// The first bar that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bar {index}: {fault}")]
pub struct BarsError {
    /// Its index, from 0.
    pub index: usize,
    /// Which rule.
    pub fault: BarFault,
}

/// A rule of [`Bars`] that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BarFault {
    /// There is no bar at all.
    #[error("there are no bars")]
    Empty,
    /// A column is shorter than the others.
    #[error("the columns differ in length")]
    Ragged,
    /// Time does not increase.
    #[error("its time is not after that of the bar before")]
    TimeOrder,
    /// A price is not a finite number above 0.
    #[error("a price is not a finite number above 0")]
    Price,
    /// `high` or `low` does not enclose `open` and `close`.
    #[error("high and low do not enclose open and close")]
    Range,
    /// The volume is not a finite number from 0.
    #[error("its volume is not a finite number from 0")]
    Volume,
    /// A quote is not a finite number above 0, or the spread not one from 0.
    #[error("its quotes are not finite numbers above 0, with a spread from 0")]
    Quotes,
}

impl Bars {
    /// Checks the columns.
    ///
    /// # Errors
    /// The first bar that breaks a rule.
    pub fn new(columns: Columns) -> Result<Self, BarsError> {
        let n = columns.time.len();
        let others = [&columns.open, &columns.high, &columns.low, &columns.close, &columns.volume];
        let quotes = columns.quotes.iter().flat_map(Quotes::columns);
        if others.into_iter().chain(quotes).any(|column| column.len() != n) {
            return Err(BarsError { index: 0, fault: BarFault::Ragged });
        }
        if n == 0 {
            return Err(BarsError { index: 0, fault: BarFault::Empty });
        }
        let bars = Self(columns);
        let view = bars.view();
        match (0..n).find_map(|index| Some((index, fault(view, index)?))) {
            Some((index, fault)) => Err(BarsError { index, fault }),
            None => Ok(bars),
        }
    }

    /// All bars.
    pub fn view(&self) -> BarView<'_> {
        let Columns { time, open, high, low, close, volume, quotes } = &self.0;
        BarView { time, open, high, low, close, volume, quotes: quotes.as_ref().map(Quotes::view) }
    }

    /// How many there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always a bar")]
    pub fn len(&self) -> usize {
        self.0.time.len()
    }

    /// SHA-256 over the columns, little-endian, in the order of [`Columns`]; hexadecimal.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        self.0.time.iter().for_each(|t| hash.update(t.to_le_bytes()));
        let Columns { open, high, low, close, volume, .. } = &self.0;
        for column in [open, high, low, close, volume] {
            column.iter().for_each(|x| hash.update(x.to_le_bytes()));
        }
        for column in self.0.quotes.iter().flat_map(Quotes::columns) {
            column.iter().for_each(|x| hash.update(x.to_le_bytes()));
        }
        hex::encode(hash.finalize())
    }

    /// The commonest step between bars, in nanoseconds; the smaller one of two that are equally
    /// common; a day when there is one bar.
    pub fn commonest_step(&self) -> i64 {
        let mut steps: Vec<i64> = self.0.time.windows(2).map(|pair| pair[1] - pair[0]).collect();
        steps.sort_unstable();
        let runs = steps.chunk_by(|a, b| a == b);
        let longest = runs.fold(None::<&[i64]>, |best, run| match best {
            Some(best) if best.len() >= run.len() => Some(best),
            _ => Some(run),
        });
        longest.and_then(|run| run.first().copied()).unwrap_or(crate::time::DAY_NS)
    }
}

fn fault(bars: BarView<'_>, i: usize) -> Option<BarFault> {
    let (open, high, low, close) = (bars.open[i], bars.high[i], bars.low[i], bars.close[i]);
    if i > 0 && bars.time[i] <= bars.time[i - 1] {
        return Some(BarFault::TimeOrder);
    }
    if [open, high, low, close].iter().any(|price| !price.is_finite() || *price <= 0.0) {
        return Some(BarFault::Price);
    }
    if high < open.max(close) || low > open.min(close) {
        return Some(BarFault::Range);
    }
    if !bars.volume[i].is_finite() || bars.volume[i] < 0.0 {
        return Some(BarFault::Volume);
    }
    let quotes = bars.quotes?;
    let (bid, ask, spread) = (quotes.bid_mean[i], quotes.ask_mean[i], quotes.spread_mean[i]);
    let sound = [bid, ask, spread].iter().all(|x| x.is_finite()) && bid.min(ask) > 0.0;
    (!sound || spread < 0.0).then_some(BarFault::Quotes)
}

impl Quotes {
    /// The columns, in their order.
    pub fn columns(&self) -> [&Vec<f64>; 3] {
        [&self.bid_mean, &self.ask_mean, &self.spread_mean]
    }

    fn view(&self) -> QuoteView<'_> {
        let Self { bid_mean, ask_mean, spread_mean } = self;
        QuoteView { bid_mean, ask_mean, spread_mean }
    }
}

/// Some or all quotes, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct QuoteView<'a> {
    /// Mean bid.
    pub bid_mean: &'a [f64],
    /// Mean ask.
    pub ask_mean: &'a [f64],
    /// Mean of ask - bid.
    pub spread_mean: &'a [f64],
}

impl QuoteView<'_> {
    /// Halfway from bid to ask.
    pub fn mid(self, i: usize) -> f64 {
        (self.bid_mean[i] + self.ask_mean[i]) / 2.0
    }

    /// The first `n`, or all when there are fewer.
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        self.slice(0, n.min(self.bid_mean.len()))
    }

    /// A copy.
    pub fn to_owned(self) -> Quotes {
        Quotes {
            bid_mean: self.bid_mean.to_vec(),
            ask_mean: self.ask_mean.to_vec(),
            spread_mean: self.spread_mean.to_vec(),
        }
    }

    fn slice(self, start: usize, end: usize) -> Self {
        Self {
            bid_mean: &self.bid_mean[start..end],
            ask_mean: &self.ask_mean[start..end],
            spread_mean: &self.spread_mean[start..end],
        }
    }
}

/// Some or all bars, borrowed. Indexes count from its own first bar.
#[derive(Debug, Clone, Copy)]
pub struct BarView<'a> {
    /// Open times, UTC nanoseconds.
    pub time: &'a [i64],
    /// First prices.
    pub open: &'a [f64],
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices.
    pub low: &'a [f64],
    /// Last prices.
    pub close: &'a [f64],
    /// Units traded.
    pub volume: &'a [f64],
    /// What was quoted, where it is known.
    pub quotes: Option<QuoteView<'a>>,
}

impl<'a> BarView<'a> {
    /// How many bars.
    pub const fn len(self) -> usize {
        self.time.len()
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.time.is_empty()
    }

    /// The time of bar `i`, which must exist.
    pub fn timestamp(self, i: usize) -> Timestamp {
        Timestamp::from_nanos(self.time[i])
    }

    /// The bars whose time lies from `from` to `to`, both included.
    #[must_use]
    pub fn between(self, from: Timestamp, to: Timestamp) -> Self {
        let start = self.time.partition_point(|t| *t < from.as_nanos());
        let end = self.time.partition_point(|t| *t <= to.as_nanos()).max(start);
        self.slice(start, end)
    }

    /// The first `n` bars, or all when there are fewer.
    #[must_use]
    pub fn first(self, n: usize) -> Self {
        self.slice(0, n.min(self.len()))
    }

    fn slice(self, start: usize, end: usize) -> Self {
        Self {
            time: &self.time[start..end],
            open: &self.open[start..end],
            high: &self.high[start..end],
            low: &self.low[start..end],
            close: &self.close[start..end],
            volume: &self.volume[start..end],
            quotes: self.quotes.map(|quotes| quotes.slice(start, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[[f64; 4]]) -> Columns {
        let column = |k: usize| rows.iter().map(|row| row[k]).collect();
        Columns {
            time: (0..rows.len() as i64).collect(),
            open: column(0),
            high: column(1),
            low: column(2),
            close: column(3),
            volume: vec![1.0; rows.len()],
            quotes: None,
        }
    }

    #[test]
    fn each_rule_names_the_first_bar_that_breaks_it() {
        let good = [100.0, 101.0, 99.0, 100.5];
        assert!(Bars::new(columns(&[good, good])).is_ok());
        let fault = |bad: [f64; 4]| Bars::new(columns(&[good, bad])).unwrap_err();
        let at_one = |fault| BarsError { index: 1, fault };
        assert_eq!(fault([100.0, 99.9, 99.0, 99.5]), at_one(BarFault::Range));
        assert_eq!(fault([100.0, 101.0, 99.7, 99.5]), at_one(BarFault::Range));
        assert_eq!(fault([0.0, 101.0, 0.0, 99.5]), at_one(BarFault::Price));
        assert_eq!(fault([f64::NAN, 101.0, 99.0, 99.5]), at_one(BarFault::Price));
        let mut unordered = columns(&[good, good]);
        unordered.time[1] = 0;
        assert_eq!(Bars::new(unordered), Err(at_one(BarFault::TimeOrder)));
        let mut negative = columns(&[good, good]);
        negative.volume[1] = -1.0;
        assert_eq!(Bars::new(negative), Err(at_one(BarFault::Volume)));
        assert_eq!(Bars::new(Columns::default()).unwrap_err().fault, BarFault::Empty);
    }

    #[test]
    fn a_range_includes_both_of_its_ends() {
        let bars = Bars::new(columns(&[[1.0; 4]; 5])).unwrap();
        let at = Timestamp::from_nanos;
        assert_eq!(bars.view().between(at(1), at(3)).time, [1, 2, 3]);
        assert_eq!(bars.view().between(at(3), at(1)).len(), 0);
        assert_eq!(bars.view().between(at(-9), at(9)).len(), 5);
    }

    #[test]
    fn the_interval_is_the_commonest_step_whatever_the_gaps() {
        let mut columns = columns(&[[1.0; 4]; 5]);
        columns.time = vec![0, 60, 120, 500, 560];
        assert_eq!(Bars::new(columns).unwrap().commonest_step(), 60);
    }
}
