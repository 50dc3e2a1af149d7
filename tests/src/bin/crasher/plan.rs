//! When the program ends itself.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

/// Longer than a signal takes.
const HEARD_WITHIN: Duration = Duration::from_millis(200);

/// A step of the work, on one side of it.
pub(crate) struct Plan {
    step: String,
    side: String,
    at: u32,
    signal: Signal,
    seen: AtomicU32,
}

impl Plan {
    /// From `STEP:SIDE:N` or `STEP:SIDE:N:stop`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut words = text.split(':');
        let mut word = || words.next().map(str::to_owned);
        let (step, side) = (word().unwrap(), word().unwrap());
        let at = word().unwrap().parse().unwrap();
        let signal = if word().is_some() { Signal::STOP } else { Signal::KILL };
        Self { step, side, at, signal, seen: AtomicU32::new(0) }
    }

    /// The work is about to do `step`.
    pub(crate) fn before(&self, step: &str) {
        self.reach(step, "before");
    }

    /// It has done it.
    pub(crate) fn after(&self, step: &str) {
        self.reach(step, "after");
    }

    fn reach(&self, step: &str, side: &str) {
        if step != self.step || side != self.side {
            return;
        }
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            let _ = kill_process(getpid(), self.signal);
            // Any thread may be the one that hears it first: this one must not get further.
            std::thread::sleep(HEARD_WITHIN);
        }
    }
}
