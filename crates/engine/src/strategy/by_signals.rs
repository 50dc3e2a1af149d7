use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::spec::Direction;
use tapedeck_domain::trading::TradeSide;

use super::{Context, Decision, Strategy};
use crate::program::{BLOCK, Signals, flag};

/// Follows signals. Flat: the long entry is looked at first, then the short one, each if its side
/// is traded. In a position: nothing but its own exit.
#[derive(Debug, Clone)]
pub struct BySignals<S> {
    signals: S,
    /// The flags that mean something when flat.
    entries: u8,
    /// The flags of the block.
    flags: Vec<u8>,
    /// Its first bar.
    start: usize,
}

impl<S: Signals> BySignals<S> {
    /// Follows `signals` on the sides that `direction` allows.
    pub fn new(signals: S, direction: Direction) -> Self {
        let allowed = |side, flag| if direction.allows(side) { flag } else { 0 };
        let entries =
            allowed(TradeSide::Long, flag::ENTRY) | allowed(TradeSide::Short, flag::ENTRY_SHORT);
        Self { signals, entries, flags: vec![0; BLOCK], start: 0 }
    }

    /// The signals that are followed.
    pub const fn signals(&self) -> &S {
        &self.signals
    }

    const fn awaited(&self, position: Option<TradeSide>) -> u8 {
        match position {
            None => self.entries,
            Some(TradeSide::Long) => flag::EXIT,
            Some(TradeSide::Short) => flag::EXIT_SHORT,
        }
    }
}

impl<S: Signals> Strategy for BySignals<S> {
    fn prepare(&mut self, bars: BarView<'_>, block: Range<usize>) {
        self.start = block.start;
        self.flags.resize(block.len(), 0);
        self.signals.block(bars, block, &mut self.flags);
    }

    fn next(&self, i: usize, end: usize, position: Option<TradeSide>) -> usize {
        let flags = &self.flags[i - self.start..end - self.start];
        first_with(flags, self.awaited(position)).map_or(end, |found| i + found)
    }

    #[inline]
    fn on_close(&mut self, context: Context<'_>) -> Decision {
        let raised = self.flags[context.i - self.start] & self.awaited(context.position);
        match context.position {
            Some(_) if raised != 0 => Decision::Exit,
            None if raised & flag::ENTRY != 0 => Decision::Enter(TradeSide::Long),
            None if raised != 0 => Decision::Enter(TradeSide::Short),
            Some(_) | None => Decision::Hold,
        }
    }
}

/// The first byte with one of the bits of `mask`. Most have none, so they are skipped by the
/// dozen.
fn first_with(bytes: &[u8], mask: u8) -> Option<usize> {
    let (chunks, _) = bytes.as_chunks::<16>();
    let chunk_mask = u128::from_ne_bytes([mask; 16]);
    let idle = chunks.iter().take_while(|chunk| u128::from_ne_bytes(**chunk) & chunk_mask == 0);
    let skipped = idle.count() * 16;
    let found = bytes[skipped..].iter().position(|byte| byte & mask != 0)?;
    Some(skipped + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_flag_is_found_wherever_it_is() {
        for n in 0..70 {
            for at in 0..n {
                let mut bytes = vec![2; n];
                bytes[at] |= 1;
                assert_eq!(first_with(&bytes, 1), Some(at));
                assert_eq!(first_with(&bytes[..at], 1), None);
            }
        }
    }
}
