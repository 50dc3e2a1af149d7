use std::time::Duration;

use tapedeck_domain::port::Clock;
use tapedeck_domain::time::Timestamp;

/// Tells whether the wall clock can be believed: whether since the start it has gone as far as the
/// monotonic one. A clock that is set a year ahead would make everything old at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockWatch {
    wall: Timestamp,
    monotonic: Duration,
}

/// Clocks drift and are set right, but not by so much.
const TOLERANCE: Duration = Duration::from_secs(60 * 60);

impl ClockWatch {
    pub(super) fn start(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// The present; `None` while the two clocks disagree.
    pub(super) fn now(self, clock: &dyn Clock) -> Option<Timestamp> {
        let now = clock.now();
        let expected = self.wall.plus(clock.monotonic().saturating_sub(self.monotonic));
        let agrees = now <= expected.plus(TOLERANCE) && now >= expected.minus(TOLERANCE);
        agrees.then_some(now)
    }
}
