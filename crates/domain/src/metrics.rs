//! The statistics of a run: one table that names, defines and holds them.
//!
//! Money is in the currency of the prices; ratios are fractions, never percent; drawdowns are
//! positive, losses negative. Annual figures use the periods a year of the dataset. Formulas
//! follow the Python packages empyrical and quantstats where the field agrees with them.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A statistic, or why it has no value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// It has a value.
    Value(f64),
    /// It has none.
    Undefined(Undefined),
}

/// Why a statistic has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// It divides by the spread of returns, and there is none.
    ZeroVariance,
    /// There were no closed trades.
    NoTrades,
    /// There are fewer points than it needs.
    TooShort,
    /// It divides by losses, and there were none.
    NoLosses,
    /// It divides by wins, and there were none.
    NoWins,
    /// It divides by the drawdown, and there was none.
    NoDrawdown,
    /// It divides by the equity, which was not above 0.
    NoEquity,
    /// It is larger than a number can be.
    Overflow,
}

impl Undefined {
    /// As it is written in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZeroVariance => "zero_variance",
            Self::NoTrades => "no_trades",
            Self::TooShort => "too_short",
            Self::NoLosses => "no_losses",
            Self::NoWins => "no_wins",
            Self::NoDrawdown => "no_drawdown",
            Self::NoEquity => "no_equity",
            Self::Overflow => "overflow",
        }
    }
}

impl Figure {
    /// The value, if there is one.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Undefined(_) => None,
        }
    }

    /// `value`, unless it has grown beyond all numbers.
    pub fn of(value: f64) -> Self {
        Self::finite_or(value, Undefined::Overflow)
    }

    /// `value` when it is finite, else the reason.
    pub fn finite_or(value: f64, reason: Undefined) -> Self {
        if value.is_finite() { Self::Value(value) } else { Self::Undefined(reason) }
    }
}

/// What a statistic is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A whole number of things.
    Count,
    /// A whole or mean number of bars.
    Bars,
    /// Money.
    Money,
    /// A fraction of one.
    Fraction,
    /// A number without a unit.
    Ratio,
}

impl Unit {
    /// As it is written in definitions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Bars => "bars",
            Self::Money => "money",
            Self::Fraction => "fraction",
            Self::Ratio => "ratio",
        }
    }
}

/// The definition of a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition {
    /// Its key in results.
    pub key: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its formula, in words.
    pub formula: &'static str,
    /// Whose formula it is.
    pub source: Source,
}

/// Whose formula a statistic follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Nobody's: the formula is all there is to it.
    Definition,
    /// The Python package empyrical.
    Empyrical,
    /// The Python package quantstats.
    Quantstats,
    /// The Python package pandas.
    Pandas,
    /// Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier, 2012.
    BaileyLopezDePrado,
    /// Van Tharp, Trade Your Way to Financial Freedom.
    VanTharp,
    /// Kelly, A New Interpretation of Information Rate, 1956.
    Kelly,
    /// Sweeney, Maximum Adverse Excursion, 1996.
    Sweeney,
}

impl Source {
    /// As it is written in definitions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Empyrical => "empyrical",
            Self::Quantstats => "quantstats",
            Self::Pandas => "pandas",
            Self::BaileyLopezDePrado => "Bailey and Lopez de Prado (2012)",
            Self::VanTharp => "Van Tharp",
            Self::Kelly => "Kelly (1956)",
            Self::Sweeney => "Sweeney (1996)",
        }
    }
}

macro_rules! figures {
    ($(#[$doc:meta])* $name:ident { $($key:ident $unit:ident $source:ident $formula:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            $(#[doc = $formula] pub $key: Figure,)+
        }

        impl $name {
            /// The definitions, in the order of the fields.
            pub const DEFINITIONS: &[Definition] = &[
                $(Definition {
                    key: stringify!($key),
                    unit: Unit::$unit,
                    formula: $formula,
                    source: Source::$source,
                },)+
            ];

            /// Each figure with its definition.
            pub fn entries(&self) -> impl Iterator<Item = (&'static Definition, Figure)> {
                Self::DEFINITIONS.iter().zip([$(self.$key),+])
            }

            /// The figures that `of` gives for their keys.
            pub fn from_keys(mut of: impl FnMut(&'static str) -> Figure) -> Self {
                Self { $($key: of(stringify!($key)),)+ }
            }
        }
    };
}

figures! {
    /// Of the run as a whole. r are the simple returns of the last equity of each session day.
    RunFigures {
        bars Count Definition "bars simulated";
        start_equity Money Definition "capital at the start";
        end_equity Money Definition "equity at the last close";
        peak_equity Money Definition "highest equity at a close";
        exposure_time Fraction Quantstats "bars with a position at the close / bars";
        turnover Ratio Definition "traded notional / mean equity over bars";
        fees_paid Money Definition "sum of commissions, the open trade's entry included";
        slippage_cost Money Definition "sum over fills of quantity x distance from the price without slippage";
        slippage_share Fraction Definition "slippage_cost / sum over trades of |gross pnl|";
        orders Count Definition "orders placed";
        fills Count Definition "executions";
        rejected_orders Count Definition "orders refused by the simulated market";
        ambiguous_bars Count Definition "bars that touched stop and target alike";
        total_return Fraction Empyrical "end_equity / start_equity - 1";
        benchmark_return Fraction Definition "last close / first close - 1";
        cagr Fraction Empyrical "(end_equity / start_equity)^(P / n) - 1, n daily returns";
        volatility_ann Fraction Empyrical "std(r, ddof 1) x sqrt(P)";
        max_drawdown Fraction Empyrical "max over bars of 1 - equity / running maximum";
        max_drawdown_duration Bars Quantstats "most bars from a peak to its recovery, or to the end";
        avg_drawdown Fraction Quantstats "mean over drawdown episodes of their maximum";
        sharpe Ratio Empyrical "mean(r) / std(r, ddof 1) x sqrt(P), risk-free 0";
        sharpe_bar Ratio Definition "the same over bar returns, with P x bars / session days";
        sortino Ratio Empyrical "mean(r) x sqrt(P) / sqrt(mean(min(r, 0)^2))";
        calmar Ratio Empyrical "cagr / max_drawdown";
        omega Ratio Empyrical "sum of r above 0 / |sum of r below 0|";
        ulcer_index Fraction Quantstats "sqrt(sum(dd^2) / (n - 1)) over daily equity";
        var_95 Fraction Empyrical "5 % quantile of r, linear interpolation; negative when a loss";
        cvar_95 Fraction Empyrical "mean of r at or below var_95; negative when a loss";
        skew Ratio Pandas "bias-corrected skewness of r";
        kurtosis_excess Ratio Pandas "bias-corrected excess kurtosis of r";
        psr Fraction BaileyLopezDePrado "probabilistic Sharpe ratio against 0, population moments (Bailey and Lopez de Prado)";
    }
}

figures! {
    /// Of the closed trades of one side, or of both; net of costs.
    TradeFigures {
        trades Count Definition "round trips, flat to flat";
        wins Count Definition "trades with pnl above 0";
        losses Count Definition "trades with pnl below 0";
        breakeven Count Definition "trades with pnl of exactly 0";
        win_rate Fraction Definition "wins / trades";
        avg_win Money Definition "mean pnl of wins";
        avg_win_return Fraction Definition "mean of pnl / entry notional over wins";
        avg_loss Money Definition "mean pnl of losses, negative";
        avg_loss_return Fraction Definition "mean of pnl / entry notional over losses, negative";
        payoff_ratio Ratio Quantstats "avg_win / |avg_loss|";
        profit_factor Ratio Quantstats "gross_profit / |gross_loss|";
        expectancy Money VanTharp "mean pnl";
        best Money Definition "highest pnl";
        best_return Fraction Definition "highest pnl / entry notional";
        worst Money Definition "lowest pnl";
        worst_return Fraction Definition "lowest pnl / entry notional";
        avg Money Definition "mean pnl";
        avg_return Fraction Definition "mean of pnl / entry notional";
        median Money Definition "median pnl";
        median_return Fraction Definition "median of pnl / entry notional";
        gross_profit Money Definition "sum of pnl above 0";
        gross_loss Money Definition "sum of pnl below 0, negative";
        net_profit Money Definition "sum of pnl";
        max_duration Bars Definition "longest trade, entry to exit";
        avg_duration Bars Definition "mean length of a trade";
        median_duration Bars Definition "median length of a trade";
        max_consecutive_wins Count Quantstats "longest run of wins; breakeven ends it";
        max_consecutive_losses Count Quantstats "longest run of losses; breakeven ends it";
        sqn Ratio VanTharp "sqrt(trades) x mean(pnl) / std(pnl, ddof 1)";
        kelly Fraction Kelly "w - (1 - w) / payoff_ratio, w = wins / (wins + losses)";
        mae Money Sweeney "worst open result of a trade, by low and high over its bars";
        mfe Money Sweeney "best open result of a trade, by low and high over its bars";
        open_trades Count Definition "positions still open at the end";
        open_pnl Money Definition "gross result of the open position at the last close";
    }
}

/// All statistics of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Time of the first bar.
    pub start: Timestamp,
    /// Time of the last bar.
    pub end: Timestamp,
    /// Periods a year that annual figures use.
    pub periods_per_year: u32,
    /// Of the run.
    pub run: RunFigures,
    /// Of all closed trades.
    pub all: TradeFigures,
    /// Of the long ones.
    pub long: TradeFigures,
    /// Of the short ones.
    pub short: TradeFigures,
}
