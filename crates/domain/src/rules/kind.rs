//! The kinds of indicators, as rule sets write them.

use super::place::Place;
use crate::indicator::{Field, Indicator, LineKind, RangeKind};

/// A kind of indicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line(LineKind),
    Range(RangeKind),
    Macd,
    Bollinger,
    Stochastic,
    Donchian,
    Keltner,
    Obv,
    Vwap,
}

/// A number that a kind takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) description: &'static str,
}

const fn bars(name: &'static str, least: u16, description: &'static str) -> Member {
    Member { name, place: Place::Length(least), description }
}

const fn mult(description: &'static str) -> Member {
    Member { name: "mult", place: Place::Mult, description }
}

const LENGTH: &str = "Bars.";
const FROM_ONE: [Member; 1] = [bars("length", 1, LENGTH)];
const FROM_TWO: [Member; 1] = [bars("length", 2, LENGTH)];
const BANDS: [Member; 2] = [bars("length", 2, LENGTH), mult("Deviations from the middle.")];
const CHANNEL: [Member; 2] = [bars("length", 1, LENGTH), mult("True ranges from the middle.")];
const MACD: [Member; 3] = [
    bars("fast", 2, "Bars of the fast average."),
    bars("slow", 2, "Bars of the slow average; more than `fast`."),
    bars("signal", 1, "Bars of the average of the line."),
];
const STOCHASTIC: [Member; 3] = [
    bars("k", 1, "Bars of the range."),
    bars("smooth", 1, "Bars of the average that makes `k`."),
    bars("d", 1, "Bars of the average of `k` that makes `d`."),
];

impl Kind {
    pub(super) const ALL: [Self; 19] = [
        Self::Line(LineKind::Sma),
        Self::Line(LineKind::Ema),
        Self::Line(LineKind::Wma),
        Self::Line(LineKind::Rsi),
        Self::Line(LineKind::Roc),
        Self::Line(LineKind::Momentum),
        Self::Line(LineKind::Stddev),
        Self::Line(LineKind::Highest),
        Self::Line(LineKind::Lowest),
        Self::Range(RangeKind::Atr),
        Self::Range(RangeKind::Adx),
        Self::Range(RangeKind::Cci),
        Self::Macd,
        Self::Bollinger,
        Self::Stochastic,
        Self::Donchian,
        Self::Keltner,
        Self::Obv,
        Self::Vwap,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// As it is written, as it is called, and what it is.
    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Line(LineKind::Sma) => ("sma", "SMA", "Simple moving average."),
            Self::Line(LineKind::Ema) => ("ema", "EMA", "Exponential moving average."),
            Self::Line(LineKind::Wma) => ("wma", "WMA", "Linearly weighted moving average."),
            Self::Line(LineKind::Rsi) => ("rsi", "RSI", "Relative strength index, by Wilder."),
            Self::Line(LineKind::Roc) => ("roc", "ROC", "Rate of change: 100 (x / x[n] - 1)."),
            Self::Line(LineKind::Momentum) => ("momentum", "Momentum", "x - x[n]."),
            Self::Line(LineKind::Stddev) => ("stddev", "Deviation", "Standard deviation (ddof 0)."),
            Self::Line(LineKind::Highest) => ("highest", "Highest", "Highest value."),
            Self::Line(LineKind::Lowest) => ("lowest", "Lowest", "Lowest value."),
            Self::Range(RangeKind::Atr) => ("atr", "ATR", "Average true range, by Wilder."),
            Self::Range(RangeKind::Adx) => ("adx", "ADX", "Average directional index, by Wilder."),
            Self::Range(RangeKind::Cci) => ("cci", "CCI", "Commodity channel index."),
            Self::Macd => ("macd", "MACD", "Moving average convergence and divergence."),
            Self::Bollinger => ("bollinger", "Bollinger", "Bands of standard deviations (ddof 0)."),
            Self::Stochastic => ("stochastic", "Stochastic", "Slow stochastic oscillator."),
            Self::Donchian => ("donchian", "Donchian", "Highest high and lowest low."),
            Self::Keltner => ("keltner", "Keltner", "Average true ranges around an EMA."),
            Self::Obv => ("obv", "OBV", "On-balance volume."),
            Self::Vwap => ("vwap", "VWAP", "Volume-weighted average price of the session day."),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        self.words().0
    }

    pub(super) const fn label(self) -> &'static str {
        self.words().1
    }

    pub(super) const fn description(self) -> &'static str {
        self.words().2
    }

    /// The column that it is computed over when nothing is said; `None` when it takes no choice.
    pub(super) const fn source(self) -> Option<Field> {
        match self {
            Self::Line(LineKind::Highest) => Some(Field::High),
            Self::Line(LineKind::Lowest) => Some(Field::Low),
            Self::Line(_) | Self::Macd | Self::Bollinger => Some(Field::Close),
            Self::Range(_)
            | Self::Stochastic
            | Self::Donchian
            | Self::Keltner
            | Self::Obv
            | Self::Vwap => None,
        }
    }

    /// The numbers that it takes, all of them, in this order.
    pub(super) const fn members(self) -> &'static [Member] {
        match self {
            // Of one bar there is no spread, and no gain to set against a loss.
            Self::Line(LineKind::Rsi | LineKind::Stddev)
            | Self::Range(RangeKind::Adx | RangeKind::Cci) => &FROM_TWO,
            Self::Line(_) | Self::Range(RangeKind::Atr) | Self::Donchian => &FROM_ONE,
            Self::Macd => &MACD,
            Self::Bollinger => &BANDS,
            Self::Stochastic => &STOCHASTIC,
            Self::Keltner => &CHANNEL,
            Self::Obv | Self::Vwap => &[],
        }
    }

    /// The names of its outputs; `[""]` for one.
    pub(super) fn outputs(self) -> &'static [&'static str] {
        self.with(Field::Close, &[1.0, 2.0, 1.0]).outputs()
    }

    /// The indicator with its numbers, which are those of [`Self::members`], checked.
    pub(super) fn with(self, source: Field, numbers: &[f64]) -> Indicator {
        let number = |i: usize| numbers.get(i).copied().unwrap_or(1.0);
        let bars = |i: usize| number(i) as usize;
        match self {
            Self::Line(kind) => Indicator::Line { kind, source, length: bars(0) },
            Self::Range(kind) => Indicator::Range { kind, length: bars(0) },
            Self::Macd => Indicator::Macd { source, fast: bars(0), slow: bars(1), signal: bars(2) },
            Self::Bollinger => Indicator::Bollinger { source, length: bars(0), mult: number(1) },
            Self::Stochastic => Indicator::Stochastic { k: bars(0), smooth: bars(1), d: bars(2) },
            Self::Donchian => Indicator::Donchian { length: bars(0) },
            Self::Keltner => Indicator::Keltner { length: bars(0), mult: number(1) },
            Self::Obv => Indicator::Obv,
            Self::Vwap => Indicator::Vwap,
        }
    }
}
