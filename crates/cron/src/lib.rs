#![doc = include_str!("../README.md")]

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use tapedeck_domain::schedule::Timetable;
use tapedeck_domain::time::{SECOND_NS, Timestamp};

/// A time zone of the IANA database, such as `Europe/Berlin` or `UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

/// There is no time zone of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone has this name")]
pub struct NoSuchZone;

impl FromStr for Zone {
    type Err = NoSuchZone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| NoSuchZone)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A cron expression in a time zone: five fields, or six with seconds first.
///
/// On days on which the clock is changed: one at a fixed time runs once. If that time does not
/// exist, it runs at the first moment after the gap; if it exists twice, the first time. One that
/// repeats within the day (`*/15 * * * *`) runs as often as its times exist.
#[derive(Debug, Clone)]
pub struct CronTimes {
    cron: Cron,
    zone: Tz,
}

/// The text is not a cron expression that is ever due.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCron {
    /// It is none.
    #[error("not a cron expression: {0}")]
    Malformed(String),
    /// Such as the 30th of February.
    #[error("there is no such time")]
    Never,
}

impl CronTimes {
    /// Reads an expression.
    ///
    /// # Errors
    /// See [`BadCron`].
    pub fn parse(text: &str, zone: Zone) -> Result<Self, BadCron> {
        let parser =
            CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| BadCron::Malformed(error.to_string()))?;
        let times = Self { cron, zone: zone.0 };
        // Of every day of the calendar, 2000 and the years after it have one.
        let some_day = Timestamp::from_nanos(946_684_800 * SECOND_NS);
        if times.after(some_day).is_some() { Ok(times) } else { Err(BadCron::Never) }
    }

    /// Ticks are whole seconds; parts of one do not matter to them.
    fn local(&self, moment: Timestamp) -> Option<DateTime<Tz>> {
        let seconds = moment.as_nanos().div_euclid(SECOND_NS);
        Some(DateTime::from_timestamp(seconds, 0)?.with_timezone(&self.zone))
    }
}

fn moment(local: &DateTime<Tz>) -> Option<Timestamp> {
    local.timestamp().checked_mul(SECOND_NS).map(Timestamp::from_nanos)
}

impl Timetable for CronTimes {
    fn after(&self, moment: Timestamp) -> Option<Timestamp> {
        let found = self.cron.find_next_occurrence(&self.local(moment)?, false);
        self::moment(&found.ok()?)
    }

    fn up_to(&self, moment: Timestamp) -> Option<Timestamp> {
        let found = self.cron.find_previous_occurrence(&self.local(moment)?, true);
        self::moment(&found.ok()?)
    }
}

#[cfg(test)]
mod tests;
