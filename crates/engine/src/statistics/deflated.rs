//! The deflated Sharpe ratio (Bailey and Lopez de Prado, 2014): how likely it is that the best of
//! many trials has any skill, and is not just the luckiest.

use tapedeck_domain::metrics::{Figure, Undefined};

use super::moments::std;

/// The Euler-Mascheroni constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// The daily returns of the trial that was chosen, in the moments of the population.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnShape {
    /// Returns.
    pub n: usize,
    /// Mean by standard deviation (ddof 1), of one day.
    pub sharpe: f64,
    /// Third standardized moment.
    pub skew: f64,
    /// Fourth standardized moment; 3 for a normal distribution.
    pub kurtosis: f64,
}

impl ReturnShape {
    /// From the bias-corrected moments of reports; needs four returns.
    pub fn from_corrected(n: usize, sharpe: f64, skew: f64, kurtosis_excess: f64) -> Option<Self> {
        if n < 4 {
            return None;
        }
        let m = n as f64;
        let excess = kurtosis_excess * (m - 2.0) * (m - 3.0) / (m - 1.0) - 6.0;
        Some(Self {
            n,
            sharpe,
            skew: skew * (m - 2.0) / (m * (m - 1.0)).sqrt(),
            kurtosis: excess / (m + 1.0) + 3.0,
        })
    }
}

/// The probability that the true Sharpe ratio of the chosen trial is above that which the best of
/// `trials` without skill is expected to show. `sharpes` are the daily ratios of the trials that
/// have one.
pub fn deflated_sharpe(sharpes: &[f64], trials: usize, chosen: Option<ReturnShape>) -> Figure {
    let Some(chosen) = chosen.filter(|_| trials >= 2 && sharpes.len() >= 2) else {
        return Figure::Undefined(Undefined::TooShort);
    };
    let Some(spread) = std(sharpes) else { return Figure::Undefined(Undefined::ZeroVariance) };
    let value = above(chosen, spread * expected_maximum(trials));
    Figure::finite_or(value, Undefined::ZeroVariance)
}

/// What the largest of `n` standard normal draws is expected to be, nearly.
fn expected_maximum(n: usize) -> f64 {
    let n = n as f64;
    let quantile = |share: f64| normal_quantile(1.0 - share);
    (1.0 - EULER) * quantile(1.0 / n) + EULER * quantile(1.0 / (n * core::f64::consts::E))
}

/// The probability that the true Sharpe ratio is above `benchmark`.
fn above(shape: ReturnShape, benchmark: f64) -> f64 {
    let ReturnShape { n, sharpe, skew, kurtosis } = shape;
    let spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    let z = (sharpe - benchmark) * ((n - 1) as f64).sqrt() / spread.sqrt();
    0.5 * libm::erfc(-z / core::f64::consts::SQRT_2)
}

/// The quantile of the standard normal distribution, to about 16 digits (Wichura's AS 241).
fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-libm::log(tail)).sqrt();
    let x = if r <= 5.0 { ratio(r - 1.6, &MIDDLE) } else { ratio(r - 5.0, &FAR) };
    if q < 0.0 { -x } else { x }
}

/// Two polynomials of the seventh degree, highest power first: one over the other.
type Rational = [[f64; 8]; 2];

fn ratio(r: f64, [above, below]: &Rational) -> f64 {
    let value = |polynomial: &[f64; 8]| polynomial.iter().fold(0.0, |sum, c| sum * r + c);
    value(above) / value(below)
}

const CENTRE: Rational = [
    [
        2509.0809287301227,
        33430.57558358813,
        67265.7709270087,
        45921.95393154987,
        13731.69376550946,
        1971.5909503065513,
        133.14166789178438,
        3.3871328727963665,
    ],
    [
        5226.495278852854,
        28729.085735721943,
        39307.89580009271,
        21213.794301586597,
        5394.196021424751,
        687.1870074920579,
        42.31333070160091,
        1.0,
    ],
];

const MIDDLE: Rational = [
    [
        0.0007745450142783414,
        0.022723844989269184,
        0.2417807251774506,
        1.2704582524523684,
        3.6478483247632045,
        5.769497221460691,
        4.630337846156546,
        1.4234371107496835,
    ],
    [
        1.0507500716444169e-09,
        0.0005475938084995345,
        0.015198666563616457,
        0.14810397642748008,
        0.6897673349851,
        1.6763848301838038,
        2.053191626637759,
        1.0,
    ],
];

const FAR: Rational = [
    [
        2.0103343992922881e-07,
        2.7115555687434876e-05,
        0.0012426609473880784,
        0.026532189526576124,
        0.29656057182850487,
        1.7848265399172913,
        5.463784911164114,
        6.657904643501103,
    ],
    [
        2.0442631033899397e-15,
        1.421511758316446e-07,
        1.8463183175100548e-05,
        0.0007868691311456133,
        0.014875361290850615,
        0.1369298809227358,
        0.599832206555888,
        1.0,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf` of scipy 1.17.1.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (p, expected) in [
            (1e-300, -37.0470962993612),
            (1e-20, -9.262340089798409),
            (1e-5, -4.264890793922825),
            (0.02425, -1.972961051311885),
            (0.1, -1.2815515655446004),
            (0.5, 0.0),
            (0.7, 0.5244005127080407),
            (0.9, 1.2815515655446004),
            (0.999, 3.090232306167813),
            (0.9999, 3.719016485455709),
            (0.9999999999, 6.361340889697422),
        ] {
            let found = normal_quantile(p);
            assert!((found - expected).abs() <= 4e-15 * expected.abs(), "{p}: {found}");
        }
    }

    /// The example of the paper: 100 trials with a variance of 1/2 a year, the best of them with a
    /// ratio of 2.5 a year over five years of 250 days, skew -3 and kurtosis 10. It gives an
    /// expected maximum of 0.1132 a day and a deflated ratio of 0.9004; the digits beyond are
    /// those of the formula in scipy 1.17.1.
    #[test]
    fn the_example_of_the_paper_comes_out() {
        let sharpe = 2.5 / 250_f64.sqrt();
        let chosen = ReturnShape { n: 1250, sharpe, skew: -3.0, kurtosis: 10.0 };
        let benchmark = (0.5_f64 / 250.0).sqrt() * expected_maximum(100);
        assert!((benchmark - 0.11317200186513214).abs() < 1e-15, "{benchmark}");
        let deflated = above(chosen, benchmark);
        assert!((deflated - 0.9003968344493903).abs() < 1e-14, "{deflated}");
    }

    /// Computed with numpy's `var(ddof=1)` and scipy 1.17.1 from the formula of the paper.
    #[test]
    fn the_spread_is_that_of_the_trials() {
        let sharpes = [0.05, 0.02, -0.01, 0.08, 0.03];
        let chosen = ReturnShape { n: 1250, sharpe: 0.08, skew: -0.4, kurtosis: 6.2 };
        let Figure::Value(deflated) = deflated_sharpe(&sharpes, 5, Some(chosen)) else { panic!() };
        assert!((deflated - 0.9166487826380058).abs() < 1e-13, "{deflated}");
        let Figure::Value(more) = deflated_sharpe(&sharpes, 50, Some(chosen)) else { panic!() };
        assert!(more < deflated, "more trials, more luck");
    }

    #[test]
    fn without_spread_or_trials_there_is_a_reason() {
        let chosen = ReturnShape { n: 100, sharpe: 0.1, skew: 0.0, kurtosis: 3.0 };
        let short = Figure::Undefined(Undefined::TooShort);
        assert_eq!(deflated_sharpe(&[0.1], 1, Some(chosen)), short);
        assert_eq!(deflated_sharpe(&[0.1, 0.2], 2, None), short);
        let alike = deflated_sharpe(&[0.1, 0.1, 0.1], 3, Some(chosen));
        assert_eq!(alike, Figure::Undefined(Undefined::ZeroVariance));
    }
}
