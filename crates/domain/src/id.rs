//! Typed identifiers: UUIDv7 for what the server makes, slugs for what people name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::strategy::INLINE;

/// The text is not an identifier of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {accepts}")]
pub struct ParseIdError {
    kind: &'static str,
    accepts: &'static str,
}

impl ParseIdError {
    pub(crate) const fn new(kind: &'static str, accepts: &'static str) -> Self {
        Self { kind, accepts }
    }
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that [`Ids`](crate::port::Ids) made.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID behind the id.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                canonical_uuid(text).map(Self).ok_or(ParseIdError {
                    kind: stringify!($name),
                    accepts: "a UUID in canonical lower-case form",
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )+};
}

uuid_ids! {
    /// One backtest: the job and its results.
    BacktestId,
    /// One tenure of a worker over a running job; the fencing token of its writes.
    LeaseId,
    /// One worker of one process.
    WorkerId,
    /// One run of a schedule.
    ScheduleRunId,
}

/// Only the canonical form, so that one id has one spelling.
fn canonical_uuid(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text).ok()?;
    (uuid.hyphenated().to_string() == text).then_some(uuid)
}

macro_rules! slug_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The slug as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if is_slug(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(ParseIdError {
                        kind: stringify!($name),
                        accepts: "1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter or digit",
                    })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

slug_ids! {
    /// A dataset of the catalog, such as `aapl-1d`.
    DatasetId,
    /// A strategy of the catalog, such as `sma_crossover`.
    StrategyId,
}

impl StrategyId {
    /// The name that the rules of a request go by; no stored strategy has it.
    pub fn inline() -> Self {
        Self(INLINE.to_owned())
    }
}

fn is_slug(text: &str) -> bool {
    let head = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let tail = |c: &u8| head(*c) || *c == b'_' || *c == b'-';
    let bytes = text.as_bytes();
    bytes.len() <= 64 && bytes.first().is_some_and(|c| head(*c)) && bytes.iter().all(tail)
}

/// Identifies the HTTP request that caused something: 1 to 128 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_visible_ascii(text, 128) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseIdError { kind: "RequestId", accepts: "1 to 128 visible ASCII characters" })
        }
    }
}

impl From<Uuid> for RequestId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.hyphenated().to_string())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether `text` is 1 to `max` characters from `!` to `~`.
pub(crate) fn is_visible_ascii(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_one_spelling() {
        let text = "0192f0c1-2345-7abc-8def-0123456789ab";
        assert_eq!(text.parse::<BacktestId>().unwrap().to_string(), text);
        assert!(text.to_uppercase().parse::<BacktestId>().is_err());
        assert!(text.replace('-', "").parse::<BacktestId>().is_err());
        assert!("..".parse::<BacktestId>().is_err());
    }

    #[test]
    fn slugs_keep_to_their_alphabet() {
        for good in ["aapl-1d", "sma_crossover", "7", &"a".repeat(64)] {
            assert!(good.parse::<DatasetId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "a.b", "a/b", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<DatasetId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slug_is_checked_when_it_is_deserialized() {
        assert!(serde_json::from_str::<DatasetId>("\"../etc\"").is_err());
    }
}
