//! Cash and position, and how a fill changes them.

use crate::bars::BarView;
use crate::number::Capital;
use crate::trading::Fill;

/// Cash and units held; units are negative when short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Portfolio {
    /// Money.
    pub cash: f64,
    /// Units.
    pub position: f64,
}

impl Portfolio {
    /// All cash.
    pub fn new(capital: Capital) -> Self {
        Self { cash: capital.get(), position: 0.0 }
    }

    /// Pays for a fill, or is paid; the proceeds of a short sale are cash.
    pub fn apply(&mut self, fill: &Fill) {
        let signed = fill.side.sign() * fill.quantity;
        self.cash -= signed * fill.price;
        self.cash -= fill.commission;
        self.position += signed;
    }

    /// Cash plus the position marked at `price`.
    pub fn equity(&self, price: f64) -> f64 {
        self.cash + self.position * price
    }
}

/// The state of the account at each close, one entry a bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EquityCurve {
    /// Cash plus the marked position.
    pub equity: Vec<f64>,
    /// Money.
    pub cash: Vec<f64>,
    /// Units; negative when short.
    pub position: Vec<f64>,
    /// Fall from the highest equity so far, as a positive fraction of it.
    pub drawdown: Vec<f64>,
}

impl EquityCurve {
    /// Replays `fills`, which are in the order of their bars, over `bars`.
    ///
    /// Fills are what a run stores; the curve is derived from them, here and nowhere else.
    pub fn replay(bars: BarView<'_>, capital: Capital, fills: &[Fill]) -> Self {
        let n = bars.len();
        let mut curve = Self {
            equity: Vec::with_capacity(n),
            cash: Vec::with_capacity(n),
            position: Vec::with_capacity(n),
            drawdown: Vec::with_capacity(n),
        };
        let mut portfolio = Portfolio::new(capital);
        let mut peak = f64::NEG_INFINITY;
        let mut start = 0;
        for fill in fills.iter().filter(|fill| fill.bar < n) {
            curve.hold(&bars.close[start..fill.bar], portfolio, &mut peak);
            start = fill.bar;
            portfolio.apply(fill);
        }
        curve.hold(&bars.close[start..], portfolio, &mut peak);
        curve
    }

    /// Appends bars over which nothing is traded.
    fn hold(&mut self, closes: &[f64], portfolio: Portfolio, peak: &mut f64) {
        for close in closes {
            let equity = portfolio.equity(*close);
            *peak = peak.max(equity);
            self.equity.push(equity);
            self.cash.push(portfolio.cash);
            self.position.push(portfolio.position);
            self.drawdown.push(if *peak > 0.0 { 1.0 - equity / *peak } else { 0.0 });
        }
    }
}
