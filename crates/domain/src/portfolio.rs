//! Cash and position, and how a fill changes them.

use std::ops::Range;

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

/// Bars over which nothing is traded, and what is held meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// Their indexes; what was traded in the first of them is in the portfolio.
    pub bars: Range<usize>,
    /// Cash and units at each of their closes.
    pub portfolio: Portfolio,
}

/// Cuts `n` bars into stretches at `fills`, which are in the order of their bars.
pub fn stretches(n: usize, capital: Capital, fills: &[Fill]) -> impl Iterator<Item = Stretch> + '_ {
    let mut portfolio = Portfolio::new(capital);
    let mut by_bar = fills.chunk_by(|a, b| a.bar == b.bar).peekable();
    let mut start = 0;
    std::iter::from_fn(move || {
        while let Some(fills) =
            by_bar.next_if(|fills| fills.first().is_some_and(|f| f.bar <= start))
        {
            fills.iter().for_each(|fill| portfolio.apply(fill));
        }
        let next = by_bar.peek().and_then(|fills| fills.first()).map_or(n, |fill| fill.bar.min(n));
        let bars = start..next;
        start = next;
        (!bars.is_empty()).then_some(Stretch { bars, portfolio })
    })
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
    /// Fills are what a run stores; the curve is derived from them.
    pub fn replay(bars: BarView<'_>, capital: Capital, fills: &[Fill]) -> Self {
        let n = bars.len();
        let mut curve = Self {
            equity: Vec::with_capacity(n),
            cash: Vec::with_capacity(n),
            position: Vec::with_capacity(n),
            drawdown: Vec::with_capacity(n),
        };
        let mut peak = f64::NEG_INFINITY;
        for stretch in stretches(n, capital, fills) {
            curve.hold(&bars.close[stretch.bars], stretch.portfolio, &mut peak);
        }
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

/// The equity at each close, and nothing else.
pub fn equity(closes: &[f64], stretches: &[Stretch]) -> Vec<f64> {
    let mut equity = Vec::with_capacity(closes.len());
    for Stretch { bars, portfolio } in stretches {
        if portfolio.position == 0.0 {
            equity.resize(bars.end, portfolio.cash);
        } else {
            equity.extend(closes[bars.clone()].iter().map(|close| portfolio.equity(*close)));
        }
    }
    equity
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::OrderSide;

    fn fill(bar: usize, side: OrderSide) -> Fill {
        Fill {
            id: 1,
            order_id: 1,
            bar,
            side,
            quantity: 2.0,
            price: 5.0,
            commission: 1.0,
            slippage: 0.0,
        }
    }

    #[test]
    fn stretches_cover_every_bar_once_and_end_where_something_is_traded() {
        let capital = Capital::try_from(100.0).unwrap();
        let fills = [
            fill(0, OrderSide::Buy),
            fill(3, OrderSide::Sell),
            fill(3, OrderSide::Buy),
            fill(4, OrderSide::Sell),
        ];
        let found: Vec<_> = stretches(6, capital, &fills)
            .map(|s| (s.bars, s.portfolio.cash, s.portfolio.position))
            .collect();
        let expected = [(0..3, 89.0, 2.0), (3..4, 87.0, 2.0), (4..6, 96.0, 0.0)];
        assert_eq!(found, expected);
        assert_eq!(stretches(2, capital, &[]).count(), 1);
        assert_eq!(stretches(0, capital, &[]).count(), 0);
        let cut: Vec<_> = stretches(2, capital, &fills).map(|s| s.bars.end).collect();
        assert_eq!(cut, [2]);
    }
}
