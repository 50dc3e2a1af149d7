use std::time::Duration;

use tokio::time::Instant;

/// How much a process may say: so much at once, and no more than so much in any time.
pub(super) struct Rate {
    left: f64,
    at: Instant,
}

/// Words at once.
const AT_ONCE: f64 = 40.0;
/// Words a second; an honest process says half as many.
const A_SECOND: f64 = 40.0;

impl Rate {
    pub(super) fn new() -> Self {
        Self { left: AT_ONCE, at: Instant::now() }
    }

    /// Takes note of a word, and says whether it was one too many.
    pub(super) fn exceeded(&mut self) -> bool {
        let passed: Duration = self.at.elapsed();
        self.at = Instant::now();
        self.left = AT_ONCE.min(self.left + passed.as_secs_f64() * A_SECOND) - 1.0;
        self.left < 0.0
    }
}
