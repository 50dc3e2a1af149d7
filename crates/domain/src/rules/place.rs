//! Where a number may stand, and which numbers may stand there.

use super::fault::RuleFaultKind;
use crate::number::{StopFraction, TargetFraction};

/// A place for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A side of a comparison.
    Constant,
    /// A number of bars, from this one on.
    Length(u16),
    /// How many bars back.
    BarsAgo,
    /// So many deviations or ranges.
    Mult,
    /// A loss, as a fraction of a price.
    Stop,
    /// A gain, as a fraction of a price.
    Target,
}

/// Most bars of an indicator, and most bars back.
pub(super) const MAX_BARS: u16 = 10_000;
/// Largest constant, either way.
pub(super) const MAX_CONSTANT: f64 = 1e15;
/// Most deviations.
pub(super) const MAX_MULT: f64 = 100.0;

impl Place {
    /// Whether only whole numbers may stand here.
    pub(super) const fn is_whole(self) -> bool {
        matches!(self, Self::Length(_) | Self::BarsAgo)
    }

    /// Which numbers may stand here.
    pub(super) fn accepts(self) -> String {
        match self {
            Self::Constant => format!("a number from -{MAX_CONSTANT:e} to {MAX_CONSTANT:e}"),
            Self::Length(least) => format!("a whole number from {least} to {MAX_BARS}"),
            Self::BarsAgo => format!("a whole number from 0 to {MAX_BARS}"),
            Self::Mult => format!("a number above 0 and at most {MAX_MULT}"),
            Self::Stop => "a number above 0 and below 1".to_owned(),
            Self::Target => "a number above 0 and at most 10".to_owned(),
        }
    }

    /// Checks a number.
    pub(super) fn check(self, value: f64) -> Result<f64, RuleFaultKind> {
        if self.is_whole() && value.fract() != 0.0 {
            return Err(RuleFaultKind::Type);
        }
        let most = f64::from(MAX_BARS);
        let fits = match self {
            Self::Constant => value.abs() <= MAX_CONSTANT,
            Self::Length(least) => (f64::from(least)..=most).contains(&value),
            Self::BarsAgo => (0.0..=most).contains(&value),
            Self::Mult => value > 0.0 && value <= MAX_MULT,
            Self::Stop => StopFraction::try_from(value).is_ok(),
            Self::Target => TargetFraction::try_from(value).is_ok(),
        };
        if fits { Ok(value) } else { Err(RuleFaultKind::Range) }
    }
}
