//! Numbers with a range: the range is checked once, where the number enters.

use serde::{Deserialize, Serialize};

/// A number is outside the range of its kind.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("must be a number {accepts}")]
pub struct OutOfRange {
    /// The range, in words.
    pub accepts: &'static str,
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident $accepts:literal |$x:ident| $check:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// The number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = OutOfRange;

            fn try_from($x: f64) -> Result<Self, OutOfRange> {
                if $x.is_finite() && $check { Ok(Self($x)) } else { Err(OutOfRange { accepts: $accepts }) }
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> f64 {
                number.0
            }
        }
    )+};
}

numbers! {
    /// Hundredths of a percent of a notional.
    BasisPoints "from 0 to 10000" |x| (0.0..=10_000.0).contains(&x);
    /// Money to start with.
    Capital "from 0.01 to 1e15" |x| (0.01..=1e15).contains(&x);
    /// A share of the equity.
    EquityShare "above 0 and at most 1" |x| x > 0.0 && x <= 1.0;
    /// Money for a service.
    Fee "from 0 to 1e9" |x| (0.0..=1e9).contains(&x);
    /// So many times something.
    Multiple "from 0 to 1e6" |x| (0.0..=1e6).contains(&x);
    /// Units to trade.
    Quantity "above 0 and at most 1e12" |x| x > 0.0 && x <= 1e12;
    /// A loss, as a fraction of a price.
    StopFraction "above 0 and below 1" |x| x > 0.0 && x < 1.0;
    /// A gain, as a fraction of a price.
    TargetFraction "above 0 and at most 10" |x| x > 0.0 && x <= 10.0;
    /// The smallest step of a price.
    TickSize "from 1e-9 to 1e9" |x| (1e-9..=1e9).contains(&x);
    /// The life of an order, in bars.
    ValidBars "from 1 to 1000000, without a fraction" |x| (1.0..=1e6).contains(&x) && x.fract() == 0.0;
    /// A share of a bar's volume.
    VolumeShare "above 0 and at most 1" |x| x > 0.0 && x <= 1.0;
}

impl Default for BasisPoints {
    fn default() -> Self {
        Self(0.0)
    }
}

impl BasisPoints {
    /// As a fraction: 10 basis points are 0.001.
    pub fn as_fraction(self) -> f64 {
        self.0 / 10_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_finite_number_in_range_cannot_be_built() {
        for bad in [f64::NAN, f64::INFINITY, -0.1, 10_000.1] {
            assert!(BasisPoints::try_from(bad).is_err(), "{bad}");
        }
        assert!(Capital::try_from(0.0).is_err());
        assert!(StopFraction::try_from(1.0).is_err());
        assert!(serde_json::from_str::<Quantity>("-1").is_err());
    }

    #[test]
    fn ten_basis_points_are_the_same_double_as_one_thousandth() {
        assert_eq!(BasisPoints::try_from(10.0).unwrap().as_fraction(), 0.001);
    }
}
