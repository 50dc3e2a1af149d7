//! Datasets: bars with a name, a version and a description.

use serde::{Deserialize, Serialize};

use crate::bars::Bars;
use crate::id::DatasetId;
use crate::time::{DAY_NS, SECOND_NS, Timestamp};

/// One version of a dataset, by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRef {
    /// Its name.
    pub id: DatasetId,
    /// Counts from 1.
    pub version: u32,
    /// SHA-256 of its columns.
    pub content_hash: String,
    /// Periods a year, for annualising.
    pub periods_per_year: u32,
}

/// What the catalog says of one version of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Its name.
    pub id: DatasetId,
    /// Counts from 1; a new import of other bars under the same name is a new version.
    pub version: u32,
    /// What was traded.
    pub symbol: Symbol,
    /// Time from bar to bar.
    pub interval: Interval,
    /// Time of the first bar.
    pub from: Timestamp,
    /// Time of the last bar.
    pub to: Timestamp,
    /// How many bars.
    pub bars: u64,
    /// SHA-256 of the columns; names the file that holds them.
    pub content_hash: String,
    /// Trading days a year: 252, or 365 where every day is one.
    pub periods_per_year: u32,
    /// What a user should know before trusting a result.
    pub warnings: Vec<String>,
    /// Where the bars come from, and under which licence.
    pub source: Option<String>,
    /// When it was imported.
    pub created_at: Timestamp,
}

/// What a new dataset is described by; the rest is read off its bars.
#[derive(Debug, Clone)]
pub struct DatasetDescription {
    /// Its name.
    pub id: DatasetId,
    /// What was traded; the name in capitals when nothing is said.
    pub symbol: Option<Symbol>,
    /// Time from bar to bar; the commonest step when nothing is said.
    pub interval: Option<Interval>,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// Where it comes from.
    pub source: Option<String>,
}

impl Dataset {
    /// Describes `bars`. The version is the store's to give; here it is 1.
    pub fn describe(description: DatasetDescription, bars: &Bars, now: Timestamp) -> Self {
        let view = bars.view();
        let DatasetDescription { id, symbol, interval, warnings, source } = description;
        Self {
            symbol: symbol.unwrap_or_else(|| Symbol::from_id(&id)),
            id,
            version: 1,
            interval: interval.unwrap_or(Interval(bars.commonest_step())),
            from: view.timestamp(0),
            to: view.timestamp(bars.len() - 1),
            bars: bars.len() as u64,
            content_hash: bars.content_hash(),
            periods_per_year: periods_per_year(view.time),
            warnings,
            source,
            created_at: now,
        }
    }

    /// This version, by content.
    pub fn reference(&self) -> DatasetRef {
        DatasetRef {
            id: self.id.clone(),
            version: self.version,
            content_hash: self.content_hash.clone(),
            periods_per_year: self.periods_per_year,
        }
    }
}

/// 365 where bars fall on weekends, 252 where they never do.
fn periods_per_year(times: &[i64]) -> u32 {
    // 1970-01-01 was a Thursday: days 2 and 3 of each week from then are the weekend.
    let weekend = |t: &i64| matches!(t.div_euclid(DAY_NS).rem_euclid(7), 2 | 3);
    if times.iter().any(weekend) { 365 } else { 252 }
}

/// What was traded: 1 to 32 of letters, digits and `._:/-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Symbol(String);

/// The text is no symbol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of letters, digits and . _ : / -")]
pub struct ParseSymbolError;

impl Symbol {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `aapl-1d` is `AAPL`.
    fn from_id(id: &DatasetId) -> Self {
        let head = id.as_str().split('-').next().unwrap_or_default();
        Self(head.chars().take(32).collect::<String>().to_uppercase())
    }
}

impl TryFrom<String> for Symbol {
    type Error = ParseSymbolError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
        let fits = (1..=32).contains(&text.len()) && text.chars().all(allowed);
        if fits { Ok(Self(text)) } else { Err(ParseSymbolError) }
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> Self {
        symbol.0
    }
}

/// Time from bar to bar, in nanoseconds; written as `1d`, `4h`, `1m` or `30s` where it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval(i64);

/// The text is no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number above 0 with d, h, m or s, such as 1d or 5m")]
pub struct ParseIntervalError;

const UNITS: [(char, i64); 4] =
    [('d', DAY_NS), ('h', 3600 * SECOND_NS), ('m', 60 * SECOND_NS), ('s', SECOND_NS)];

impl Interval {
    /// In nanoseconds, above 0.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// From nanoseconds.
    ///
    /// # Errors
    /// When it is not above 0.
    pub const fn from_nanos(nanos: i64) -> Result<Self, ParseIntervalError> {
        if nanos > 0 { Ok(Self(nanos)) } else { Err(ParseIntervalError) }
    }
}

impl std::str::FromStr for Interval {
    type Err = ParseIntervalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (_, nanos) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
            let count: i64 = text.get(..text.len() - 1)?.parse().ok()?;
            (count > 0).then_some(())?;
            count.checked_mul(*nanos).map(Self)
        };
        parse().ok_or(ParseIntervalError)
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match UNITS.iter().find(|(_, nanos)| self.0 % nanos == 0) {
            Some((unit, nanos)) => write!(f, "{}{unit}", self.0 / nanos),
            None => write!(f, "{}ns", self.0),
        }
    }
}

impl Serialize for Interval {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_nanos(i64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_and_write_the_same_text() {
        for text in ["1d", "4h", "90m", "30s", "7d"] {
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), text);
        }
        for bad in ["", "d", "0m", "-1m", "1.5h", "1w", "9999999999999999999d"] {
            assert!(bad.parse::<Interval>().is_err(), "{bad}");
        }
    }

    #[test]
    fn bars_on_weekends_mean_that_every_day_is_a_trading_day() {
        let day = |text: &str| text.parse::<Timestamp>().unwrap().as_nanos();
        assert_eq!(periods_per_year(&[day("2024-01-04"), day("2024-01-05")]), 252);
        assert_eq!(periods_per_year(&[day("2024-01-05"), day("2024-01-06")]), 365);
    }
}
