//! Ids that can be foretold.

use std::sync::atomic::{AtomicU64, Ordering};

use tapedeck_domain::port::Ids;
use uuid::Uuid;

/// Ids of the shape of UUIDv7 that count up.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

/// The `n`-th id of every [`SequentialIds`], from 1.
pub fn nth_id(n: u64) -> Uuid {
    let version_and_variant = (7 << 76) | (0b10 << 62);
    let (high, low) = (u128::from(n >> 32) << 80, u128::from(n & 0xffff_ffff));
    Uuid::from_u128(high | version_and_variant | low)
}

impl Ids for SequentialIds {
    fn next(&self) -> Uuid {
        nth_id(self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
