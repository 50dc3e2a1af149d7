/// The values of a parameter, as a search names them.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// One by one.
    List(Vec<f64>),
    /// Evenly spaced, both ends included.
    Range {
        /// The first.
        from: f64,
        /// Not exceeded; the last one when the steps lead there.
        to: f64,
        /// From one to the next, above 0.
        step: f64,
    },
}

/// A share of a step by which the last value may miss `to`: 0.3 is a value of 0.1 to 0.3 in steps
/// of 0.1, although 0.1 + 2 x 0.1 is a little more.
const TOLERANCE: f64 = 1e-9;

impl Values {
    /// How many there are, without making them.
    pub fn count(&self) -> u64 {
        match self {
            Self::List(values) => values.len() as u64,
            Self::Range { from, to, step } => {
                let steps = ((to - from) / step + TOLERANCE).floor();
                // A cast of what is too large gives the largest number there is.
                if steps >= 0.0 { (steps as u64).saturating_add(1) } else { 0 }
            }
        }
    }

    /// All of them. Each is `from + k x step` by itself, so that nothing adds up, and has no more
    /// decimals than `from` and `step` are written with.
    pub fn expand(&self) -> Vec<f64> {
        match self {
            Self::List(values) => values.clone(),
            Self::Range { from, to, step } => {
                let places = decimals(*from).max(decimals(*step));
                let value = |k: u64| rounded(from + k as f64 * step, places).min(*to);
                (0..self.count()).map(value).collect()
            }
        }
    }
}

/// Digits after the point of the shortest text that reads as `number`.
fn decimals(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len())
}

/// Beyond so many digits a text says nothing that the number does not.
const MOST_DECIMALS: usize = 15;

fn rounded(number: f64, places: usize) -> f64 {
    if places > MOST_DECIMALS {
        return number;
    }
    format!("{number:.places$}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: f64, to: f64, step: f64) -> Values {
        Values::Range { from, to, step }
    }

    #[test]
    fn a_range_has_both_of_its_ends() {
        assert_eq!(range(5.0, 8.0, 1.0).expand(), [5.0, 6.0, 7.0, 8.0]);
        assert_eq!(range(35.0, 191.0, 4.0).count(), 40);
        assert_eq!(range(35.0, 191.0, 4.0).expand()[39], 191.0);
        assert_eq!(range(5.0, 8.9, 2.0).expand(), [5.0, 7.0], "unless no step leads there");
        assert_eq!(range(5.0, 5.0, 1.0).expand(), [5.0]);
    }

    #[test]
    fn values_are_the_numbers_that_somebody_would_write() {
        assert_eq!(range(0.1, 0.5, 0.1).expand(), [0.1, 0.2, 0.3, 0.4, 0.5]);
        let hundredths = range(0.0, 1.0, 0.01).expand();
        assert_eq!(hundredths.len(), 101);
        for (k, value) in hundredths.iter().enumerate() {
            assert_eq!(value.to_string(), (k as f64 / 100.0).to_string());
        }
        let thirds = range(0.0, 1.0, 1.0 / 3.0).expand();
        assert_eq!(thirds, [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
    }

    #[test]
    fn values_are_counted_without_being_made() {
        assert_eq!(range(0.0, 1e300, 1e-300).count(), u64::MAX);
        assert_eq!(range(-1e308, 1e308, 1.0).count(), u64::MAX);
        assert_eq!(range(2.0, 1.0, 1.0).count(), 0);
    }
}
