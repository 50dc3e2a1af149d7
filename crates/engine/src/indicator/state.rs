//! Which state an indicator keeps.

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::{Field, Indicator, LineKind, RangeKind};

use super::adx::Adx;
use super::atr::Atr;
use super::bollinger::Bollinger;
use super::cci::Cci;
use super::change::{momentum, rate_of_change};
use super::deviation::Deviation;
use super::ema::Ema;
use super::extreme::{Highest, Lowest};
use super::fill::{fill, fill_each};
use super::keltner::Keltner;
use super::macd::Macd;
use super::rsi::Rsi;
use super::sma::Sma;
use super::stochastic::Stochastic;
use super::volume::{Obv, Vwap};
use super::wma::Wma;

/// What an indicator remembers of the bars so far.
#[derive(Debug, Clone)]
pub(super) enum State {
    Line(Field, Line),
    Atr(Atr),
    Adx(Adx),
    Cci(Cci),
    Macd(Field, Macd),
    Bollinger(Field, Bollinger),
    Stochastic(Stochastic),
    Donchian(Highest, Lowest),
    Keltner(Keltner),
    Obv(Obv),
    Vwap(Vwap),
}

/// What a line over one column remembers.
#[derive(Debug, Clone)]
pub(super) enum Line {
    Sma(Sma),
    Ema(Ema),
    Wma(Wma),
    Rsi(Rsi),
    Roc(usize),
    Momentum(usize),
    Deviation(Deviation),
    Highest(Highest),
    Lowest(Lowest),
}

impl State {
    pub(super) fn new(indicator: &Indicator) -> Self {
        match *indicator {
            Indicator::Line { kind, source, length } => Self::Line(source, Line::new(kind, length)),
            Indicator::Range { kind: RangeKind::Atr, length } => Self::Atr(Atr::new(length)),
            Indicator::Range { kind: RangeKind::Adx, length } => Self::Adx(Adx::new(length)),
            Indicator::Range { kind: RangeKind::Cci, length } => Self::Cci(Cci::new(length)),
            Indicator::Macd { source, fast, slow, signal } => {
                Self::Macd(source, Macd::new(fast, slow, signal))
            }
            Indicator::Bollinger { source, length, mult } => {
                Self::Bollinger(source, Bollinger::new(length, mult))
            }
            Indicator::Stochastic { k, smooth, d } => {
                Self::Stochastic(Stochastic::new(k, smooth, d))
            }
            Indicator::Donchian { length } => {
                Self::Donchian(Highest::new(length), Lowest::new(length))
            }
            Indicator::Keltner { length, mult } => Self::Keltner(Keltner::new(length, mult)),
            Indicator::Obv => Self::Obv(Obv::default()),
            Indicator::Vwap => Self::Vwap(Vwap::new()),
        }
    }

    /// Writes the values of all bars from `start` on.
    pub(super) fn block(&mut self, bars: BarView<'_>, start: usize, out: &mut [&mut [f64]]) {
        match self {
            Self::Line(source, line) => line.block(column(bars, *source), start, out[0]),
            Self::Atr(atr) => fill(out[0], start, |i| atr.next(bars, i)),
            Self::Adx(adx) => fill(out[0], start, |i| adx.next(bars, i)),
            Self::Cci(cci) => fill(out[0], start, |i| cci.next(bars, i)),
            Self::Macd(source, macd) => {
                let values = column(bars, *source);
                fill_each(out, start, |i| macd.next(values[i], i));
            }
            Self::Bollinger(source, bollinger) => {
                let values = column(bars, *source);
                fill_each(out, start, |i| bollinger.next(values, i));
            }
            Self::Stochastic(stochastic) => fill_each(out, start, |i| stochastic.next(bars, i)),
            Self::Donchian(highest, lowest) => {
                fill(out[0], start, |i| highest.next(bars.high, i));
                fill(out[1], start, |i| lowest.next(bars.low, i));
            }
            Self::Keltner(keltner) => fill_each(out, start, |i| keltner.next(bars, i)),
            Self::Obv(obv) => fill(out[0], start, |i| obv.next(bars, i)),
            Self::Vwap(vwap) => fill(out[0], start, |i| vwap.next(bars, i)),
        }
    }
}

impl Line {
    fn new(kind: LineKind, length: usize) -> Self {
        match kind {
            LineKind::Sma => Self::Sma(Sma::new(length)),
            LineKind::Ema => Self::Ema(Ema::new(length)),
            LineKind::Wma => Self::Wma(Wma::new(length)),
            LineKind::Rsi => Self::Rsi(Rsi::new(length)),
            LineKind::Roc => Self::Roc(length),
            LineKind::Momentum => Self::Momentum(length),
            LineKind::Stddev => Self::Deviation(Deviation::new(length)),
            LineKind::Highest => Self::Highest(Highest::new(length)),
            LineKind::Lowest => Self::Lowest(Lowest::new(length)),
        }
    }

    fn block(&mut self, values: &[f64], start: usize, out: &mut [f64]) {
        match self {
            Self::Sma(sma) => sma.block(values, start, out),
            Self::Ema(ema) => fill(out, start, |i| ema.next(values[i])),
            Self::Wma(wma) => fill(out, start, |i| wma.next(values, i)),
            Self::Rsi(rsi) => fill(out, start, |i| rsi.next(values, i)),
            Self::Roc(length) => fill(out, start, |i| rate_of_change(values, i, *length)),
            Self::Momentum(length) => fill(out, start, |i| momentum(values, i, *length)),
            Self::Deviation(deviation) => fill(out, start, |i| deviation.next(values, i)),
            Self::Highest(highest) => fill(out, start, |i| highest.next(values, i)),
            Self::Lowest(lowest) => fill(out, start, |i| lowest.next(values, i)),
        }
    }
}

const fn column(bars: BarView<'_>, field: Field) -> &[f64] {
    match field {
        Field::Open => bars.open,
        Field::High => bars.high,
        Field::Low => bars.low,
        Field::Close => bars.close,
        Field::Volume => bars.volume,
    }
}
