//! The hash chain of a run: what makes two runs comparable block by block.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::portfolio::Stretch;
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
        let blocks = equity.chunks(BLOCK_BARS).enumerate().map(|(block, equity)| {
            let end = block * BLOCK_BARS + equity.len();
            let mut hash = Sha256::new_with_prefix(before);
            hash_numbers(&mut hash, equity);
            let held = take(&mut stretches, |stretch| stretch.bars.start < end);
            held.iter().for_each(|stretch| hash_stretch(&mut hash, stretch));
            let placed = take(&mut orders, |order| order.bar < end);
            placed.iter().for_each(|order| hash_order(&mut hash, order));
            let filled = take(&mut fills, |fill| fill.bar < end);
            filled.iter().for_each(|fill| hash_fill(&mut hash, fill));
            before = hash.finalize().into();
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

fn hash_numbers(hash: &mut Sha256, numbers: &[f64]) {
    let mut bytes = [0; 8 * 64];
    for numbers in numbers.chunks(64) {
        for (bytes, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        hash.update(&bytes[..8 * numbers.len()]);
    }
}

fn hash_stretch(hash: &mut Sha256, Stretch { bars, portfolio }: &Stretch) {
    hash.update((bars.start as u64).to_le_bytes());
    hash_numbers(hash, &[portfolio.cash, portfolio.position]);
}

fn hash_order(hash: &mut Sha256, order: &Order) {
    hash.update((order.bar as u64).to_le_bytes());
    hash.update([order.kind as u8, order.side as u8]);
    let missing = f64::NEG_INFINITY;
    let prices = [order.limit_price.unwrap_or(missing), order.stop_price.unwrap_or(missing)];
    hash_numbers(hash, &prices);
}

fn hash_fill(hash: &mut Sha256, fill: &Fill) {
    hash.update((fill.bar as u64).to_le_bytes());
    hash.update(fill.order_id.to_le_bytes());
    hash.update([fill.side as u8]);
    hash_numbers(hash, &[fill.quantity, fill.price, fill.commission, fill.slippage]);
}
