//! Points in time, simulated and wall clock alike: nanoseconds since the Unix epoch, in UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// Nanoseconds in a second.
pub const SECOND_NS: i64 = 1_000_000_000;
/// Nanoseconds in a day of UTC.
pub const DAY_NS: i64 = 86_400 * SECOND_NS;

/// A point in time: UTC nanoseconds since 1970-01-01, so the years 1678 to 2261.
///
/// Reads RFC 3339 and ISO 8601 texts and bare dates; a text without a zone means UTC.
/// Writes RFC 3339 with `Z` and only as many sub-second digits as there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The text is not a point in time that can be represented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a date (2004-01-31) nor a time (2004-01-31T14:30:00Z)")]
pub struct ParseTimestampError {
    text: String,
}

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Days of UTC since the Unix epoch; the session day where there is no calendar.
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(DAY_NS)
    }

    /// This moment plus `nanos`, held at the ends of the range.
    #[must_use]
    pub const fn saturating_add_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// This moment plus `duration`, held at the end of the range.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        self.saturating_add_nanos(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }

    /// This moment minus `duration`, held at the start of the range.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// Whole milliseconds from `earlier` to this moment, 0 when it is not earlier.
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0) / 1_000_000).unwrap_or(0)
    }

    /// A bound that moments are held against: one outside the range is the end of it.
    ///
    /// # Errors
    /// As for [`FromStr`].
    pub fn parse_bound(text: &str) -> Result<Self, ParseTimestampError> {
        text.parse().or_else(|error| match DateTime::parse_from_rfc3339(text.trim()) {
            Ok(far) if far.timestamp() < 0 => Ok(Self(i64::MIN)),
            Ok(_) => Ok(Self(i64::MAX)),
            Err(_) => Err(error),
        })
    }

    /// The last nanosecond that `text` covers: a bare date covers its whole day.
    ///
    /// # Errors
    /// As for [`FromStr`].
    pub fn parse_inclusive_end(text: &str) -> Result<Self, ParseTimestampError> {
        let start: Self = text.parse()?;
        if text.len() == 10 { Ok(start.saturating_add_nanos(DAY_NS - 1)) } else { Ok(start) }
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        zoned(text)
            .or_else(|| zoneless(text))
            .or_else(|| date(text))
            .map(Self)
            .ok_or_else(|| ParseTimestampError { text: text.chars().take(64).collect() })
    }
}

fn zoned(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt()
}

fn zoneless(text: &str) -> Option<i64> {
    const SHAPES: [&str; 4] =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    SHAPES
        .iter()
        .find_map(|shape| NaiveDateTime::parse_from_str(text, shape).ok())
        .and_then(|naive| naive.and_utc().timestamp_nanos_opt())
}

fn date(text: &str) -> Option<i64> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_nanos_opt()
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            DateTime::from_timestamp_nanos(self.0).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoneless_time_means_utc() {
        let zoned: Timestamp = "2004-01-31T14:30:00Z".parse().unwrap();
        assert_eq!("2004-01-31T14:30:00".parse(), Ok(zoned));
        assert_eq!("2004-01-31 14:30".parse(), Ok(zoned));
        assert_eq!("2004-01-31T15:30:00+01:00".parse(), Ok(zoned));
    }

    #[test]
    fn a_bare_date_covers_its_whole_day_when_it_ends_a_range() {
        let end = Timestamp::parse_inclusive_end("2010-12-31").unwrap();
        assert_eq!(end.to_string(), "2010-12-31T23:59:59.999999999Z");
        let exact = Timestamp::parse_inclusive_end("2010-12-31T12:00:00Z").unwrap();
        assert_eq!(exact.to_string(), "2010-12-31T12:00:00Z");
    }

    #[test]
    fn bounds_out_of_range_are_its_ends() {
        let bound = Timestamp::parse_bound;
        assert_eq!(bound("0001-01-01T00:00:00Z"), Ok(Timestamp(i64::MIN)));
        assert_eq!(bound("9999-12-31T23:59:59Z"), Ok(Timestamp(i64::MAX)));
        assert_eq!(bound("2004-01-31"), "2004-01-31".parse());
        assert!(bound("0001-13-01T00:00:00Z").is_err());
    }

    #[test]
    fn nonsense_is_refused_with_the_text_that_was_given() {
        for text in ["", "yesterday", "2004-13-01", "9999-01-01", "2004-01-31T25:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_before_the_epoch_count_down() {
        let before: Timestamp = "1969-12-31T23:00:00Z".parse().unwrap();
        assert_eq!(before.utc_day(), -1);
    }
}
