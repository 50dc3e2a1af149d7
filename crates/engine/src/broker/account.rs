use std::fmt::{Debug, Formatter, Result};

use tapedeck_domain::portfolio::Portfolio;

use super::position::Position;

/// What is held when a bar has closed.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    pub(super) portfolio: &'a Portfolio,
    pub(super) position: Option<&'a Position>,
}

impl Account<'_> {
    /// Money.
    pub fn cash(self) -> f64 {
        self.portfolio.cash
    }

    /// Units held; negative when short, 0 when flat.
    pub fn units(self) -> f64 {
        self.portfolio.position
    }

    /// Cash plus the units at `price`.
    pub fn equity(self, price: f64) -> f64 {
        self.portfolio.equity(price)
    }

    /// The mean price of the units held, as they were bought or sold short; `None` when flat.
    pub fn entry_price(self) -> Option<f64> {
        self.position.map(Position::entry_price)
    }
}

impl Debug for Account<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        self.portfolio.fmt(out)
    }
}
