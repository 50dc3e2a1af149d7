//! Indicators: which there are, what they take and what they give. Their values are computed by
//! the engine, by the conventions of TA-Lib where it has them.

use serde::{Deserialize, Serialize};

/// A column of the bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// First price.
    Open,
    /// Highest price.
    High,
    /// Lowest price.
    Low,
    /// Last price.
    Close,
    /// Units traded.
    Volume,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::High, Self::Low, Self::Close, Self::Volume];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
        }
    }
}

/// An indicator with its numbers. Lengths are in bars, at least 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Indicator {
    /// One line over one column.
    Line {
        /// Which.
        kind: LineKind,
        /// Over which column.
        source: Field,
        /// Bars.
        length: usize,
    },
    /// One line over high, low and close.
    Range {
        /// Which.
        kind: RangeKind,
        /// Bars.
        length: usize,
    },
    /// Moving average convergence and divergence: `line`, `signal`, `histogram`.
    Macd {
        /// Over which column.
        source: Field,
        /// Bars of the fast average.
        fast: usize,
        /// Bars of the slow average; more than `fast`.
        slow: usize,
        /// Bars of the average of the line.
        signal: usize,
    },
    /// Bollinger bands, population deviation: `upper`, `middle`, `lower`.
    Bollinger {
        /// Over which column.
        source: Field,
        /// Bars.
        length: usize,
        /// Deviations from the middle.
        mult: f64,
    },
    /// Slow stochastic oscillator: `k`, `d`.
    Stochastic {
        /// Bars of the range.
        k: usize,
        /// Bars of the average that makes `k`.
        smooth: usize,
        /// Bars of the average of `k` that makes `d`.
        d: usize,
    },
    /// Highest high and lowest low, this bar included: `upper`, `lower`.
    Donchian {
        /// Bars.
        length: usize,
    },
    /// An exponential average of the close, and the average true range around it: `upper`,
    /// `middle`, `lower`.
    Keltner {
        /// Bars, of both.
        length: usize,
        /// True ranges from the middle.
        mult: f64,
    },
    /// On-balance volume.
    Obv,
    /// Volume-weighted average of (high + low + close) / 3, anew each session day.
    Vwap,
}

/// One line over one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Simple moving average.
    Sma,
    /// Exponential moving average, started with the simple one.
    Ema,
    /// Linearly weighted moving average.
    Wma,
    /// Relative strength index, by Wilder.
    Rsi,
    /// 100 (x / x\[n\] - 1).
    Roc,
    /// x - x\[n\].
    Momentum,
    /// Population standard deviation.
    Stddev,
    /// Highest value.
    Highest,
    /// Lowest value.
    Lowest,
}

/// One line over high, low and close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeKind {
    /// Average true range, by Wilder.
    Atr,
    /// Average directional index, by Wilder.
    Adx,
    /// Commodity channel index.
    Cci,
}

impl Indicator {
    /// The names of its outputs; one that has only one output needs no name: `[""]`.
    pub const fn outputs(&self) -> &'static [&'static str] {
        match self {
            Self::Line { .. } | Self::Range { .. } | Self::Obv | Self::Vwap => &[""],
            Self::Macd { .. } => &["line", "signal", "histogram"],
            Self::Bollinger { .. } | Self::Keltner { .. } => &["upper", "middle", "lower"],
            Self::Stochastic { .. } => &["k", "d"],
            Self::Donchian { .. } => &["upper", "lower"],
        }
    }

    /// The first bar, from 0, at which all its outputs are defined.
    pub const fn first_defined(&self) -> usize {
        match *self {
            Self::Line { kind, length, .. } => match kind {
                LineKind::Sma
                | LineKind::Ema
                | LineKind::Wma
                | LineKind::Stddev
                | LineKind::Highest
                | LineKind::Lowest => length - 1,
                LineKind::Rsi | LineKind::Roc | LineKind::Momentum => length,
            },
            Self::Range { kind, length } => match kind {
                RangeKind::Atr => length,
                RangeKind::Adx => 2 * length - 1,
                RangeKind::Cci => length - 1,
            },
            Self::Macd { slow, signal, .. } => slow + signal - 2,
            Self::Bollinger { length, .. } | Self::Donchian { length } => length - 1,
            Self::Stochastic { k, smooth, d } => k + smooth + d - 3,
            Self::Keltner { length, .. } => length,
            Self::Obv | Self::Vwap => 0,
        }
    }
}
