//! Waiting for what tasks do, without waiting for time.

use std::time::Duration;

use crate::FakeClock;

/// Turns after which every task that could go on has done so, where all adapters are in memory
/// and the runtime has one thread.
const TURNS: usize = 200;

/// Lets all tasks go as far as they get without time passing.
pub async fn settle() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Moves `clock` in steps until `done` says so.
///
/// # Panics
/// When it does not, within ten thousand steps.
pub async fn drive(clock: &FakeClock, step: Duration, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..10_000 {
        settle().await;
        if done().await {
            return;
        }
        clock.advance(step);
    }
    unreachable!("what was waited for did not happen");
}
