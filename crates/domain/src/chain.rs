//! The hash chain of a run: what makes two runs comparable block by block.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::portfolio::{Portfolio, Stretch};
use crate::trading::{Fill, Order};

/// Bars of a block.
pub const BLOCK_BARS: usize = 1024;

/// What a run did and had, bar by bar: what the chain is made of.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Equity at each close.
    pub equity: &'a [f64],
    /// Cash and position.
    pub stretches: &'a [Stretch],
    /// Orders, by the bars at which they were placed.
    pub orders: &'a [Order],
    /// Fills, by their bars.
    pub fills: &'a [Fill],
}

/// SHA-256 over each block of [`BLOCK_BARS`] bars and the hash of the block before, in
/// hexadecimal. Two runs are alike up to the last block whose hashes are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashChain(pub Vec<String>);

impl HashChain {
    /// The chain of a run. Numbers are hashed as little-endian bytes; of orders, what was known
    /// when they were placed.
    pub fn of(history: History<'_>) -> Self {
        let History { equity, mut stretches, mut orders, mut fills } = history;
        let mut before = [0; 32];
        let mut block_bytes = Block::default();
        let blocks = equity.chunks(BLOCK_BARS).enumerate().map(|(block, equity)| {
            let end = block * BLOCK_BARS + equity.len();
            block_bytes.0.clear();
            let held = overlapping(&mut stretches, end - equity.len(), end);
            held.for_each(|(stretch, bars)| block_bytes.stretch(stretch, bars, history.equity));
            let placed = take(&mut orders, |order| order.bar < end);
            placed.iter().for_each(|order| block_bytes.order(order));
            let filled = take(&mut fills, |fill| fill.bar < end);
            filled.iter().for_each(|fill| block_bytes.fill(fill));
            // All at once: every call of the hash has its price.
            before = Sha256::new_with_prefix(before).chain_update(&block_bytes.0).finalize().into();
            hex::encode(before)
        });
        Self(blocks.collect())
    }

    /// The hash of all blocks; `None` when not one bar was simulated.
    pub fn head(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// The first block in which two chains differ; `None` when they are equal.
    pub fn first_difference(&self, other: &Self) -> Option<usize> {
        let longest = self.0.len().max(other.0.len());
        (0..longest).find(|block| self.0.get(*block) != other.0.get(*block))
    }
}

/// Splits off the rows at the front that belong to a block.
fn take<'a, T>(rows: &mut &'a [T], belongs: impl Fn(&T) -> bool) -> &'a [T] {
    let (taken, rest) = rows.split_at(rows.partition_point(belongs));
    *rows = rest;
    taken
}

/// Each stretch of a block, with those of its bars that lie in the block. Stretches that end
/// there are split off.
fn overlapping<'a>(
    stretches: &mut &'a [Stretch],
    start: usize,
    end: usize,
) -> impl Iterator<Item = (&'a Stretch, Range<usize>)> {
    let all = *stretches;
    let begun = all.partition_point(|stretch| stretch.bars.start < end);
    *stretches = &all[all.partition_point(|stretch| stretch.bars.end <= end)..];
    all[..begun]
        .iter()
        .map(move |stretch| (stretch, stretch.bars.start.max(start)..stretch.bars.end.min(end)))
}

/// What a block is hashed from, in its order.
#[derive(Default)]
struct Block(Vec<u8>);

impl Block {
    fn count(&mut self, n: usize) {
        self.0.extend_from_slice(&(n as u64).to_le_bytes());
    }

    fn numbers(&mut self, numbers: &[f64]) {
        self.0.reserve(8 * numbers.len());
        numbers.iter().for_each(|number| self.0.extend_from_slice(&number.to_le_bytes()));
    }

    /// While nothing is held, equity is cash.
    fn stretch(&mut self, stretch: &Stretch, bars: Range<usize>, equity: &[f64]) {
        let Portfolio { cash, position } = stretch.portfolio;
        self.count(bars.start);
        self.count(bars.end);
        self.numbers(&[cash, position]);
        if position != 0.0 {
            self.numbers(&equity[bars]);
        }
    }

    fn order(&mut self, order: &Order) {
        self.count(order.bar);
        self.0.extend_from_slice(&[order.kind as u8, order.side as u8]);
        let missing = f64::NEG_INFINITY;
        let limit = order.limit_price.unwrap_or(missing);
        self.numbers(&[limit, order.stop_price.unwrap_or(missing)]);
    }

    fn fill(&mut self, fill: &Fill) {
        self.count(fill.bar);
        self.0.extend_from_slice(&fill.order_id.to_le_bytes());
        self.0.push(fill.side as u8);
        self.numbers(&[fill.quantity, fill.price, fill.commission, fill.slippage]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::OrderSide;

    const BARS: usize = 3 * BLOCK_BARS + 7;

    fn chain(change: impl FnOnce(&mut Vec<f64>, &mut Vec<Stretch>, &mut Vec<Fill>)) -> HashChain {
        let held = |bars, position| Stretch { bars, portfolio: Portfolio { cash: 5.0, position } };
        let mut stretches = vec![held(0..10, 0.0), held(10..2_000, 1.0), held(2_000..BARS, 0.0)];
        let mut equity: Vec<f64> = (0..BARS).map(|i| i as f64).collect();
        let mut fills = vec![Fill {
            id: 1,
            order_id: 1,
            bar: 10,
            side: OrderSide::Buy,
            quantity: 1.0,
            price: 2.0,
            commission: 0.0,
            slippage: 0.0,
        }];
        change(&mut equity, &mut stretches, &mut fills);
        let (stretches, fills) = (&stretches, &fills);
        HashChain::of(History { equity: &equity, stretches, orders: &[], fills })
    }

    #[test]
    fn a_difference_shows_in_its_block_and_in_all_that_follow() {
        let original = chain(|_, _, _| ());
        assert_eq!(original.0.len(), 4);
        assert_eq!(original.first_difference(&chain(|_, _, _| ())), None);
        let equity = chain(|equity, _, _| equity[1_500] += 1e-9);
        assert_eq!(original.first_difference(&equity), Some(1));
        assert_ne!(original.head(), equity.head());
        let price = chain(|_, _, fills| fills[0].price += 1e-9);
        assert_eq!(original.first_difference(&price), Some(0));
        let cash = chain(|_, stretches, _| stretches[2].portfolio.cash += 1e-9);
        assert_eq!(original.first_difference(&cash), Some(1));
    }

    #[test]
    fn a_run_that_was_stopped_earlier_has_a_shorter_chain() {
        let (whole, part) = (chain(|_, _, _| ()), HashChain(chain(|_, _, _| ()).0[..2].to_vec()));
        assert_eq!(whole.first_difference(&part), Some(2));
    }
}
