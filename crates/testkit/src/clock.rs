//! Time that a test moves.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::port::Clock;
use tapedeck_domain::time::Timestamp;
use tokio::sync::oneshot;

/// Time that stands still until a test moves it.
pub struct FakeClock(Mutex<Time>);

struct Time {
    wall: Timestamp,
    monotonic: Duration,
    sleepers: Vec<Sleeper>,
}

struct Sleeper {
    until: Duration,
    wake: oneshot::Sender<()>,
}

impl Default for FakeClock {
    /// At the start of 2024.
    fn default() -> Self {
        Self::at("2024-01-01".parse().unwrap())
    }
}

impl FakeClock {
    /// With this wall clock.
    pub fn at(wall: Timestamp) -> Self {
        let (monotonic, sleepers) = (Duration::from_secs(1), Vec::new());
        Self(Mutex::new(Time { wall, monotonic, sleepers }))
    }

    /// Lets time pass, on both clocks, and wakes who slept for long enough.
    pub fn advance(&self, by: Duration) {
        let mut time = self.lock();
        time.monotonic += by;
        time.wall = shifted(time.wall, by);
        let now = time.monotonic;
        let (due, asleep): (Vec<_>, Vec<_>) =
            time.sleepers.drain(..).partition(|sleeper| sleeper.until <= now);
        time.sleepers = asleep;
        drop(time);
        // An error only says that the sleeper was dropped.
        for sleeper in due {
            let _ = sleeper.wake.send(());
        }
    }

    /// Sets the wall clock alone, forth or back: nobody wakes.
    pub fn jump_to(&self, wall: Timestamp) {
        self.lock().wall = wall;
    }

    /// How many sleep just now.
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.iter().filter(|sleeper| !sleeper.wake.is_closed()).count()
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shifted(wall: Timestamp, by: Duration) -> Timestamp {
    wall.saturating_add_nanos(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.lock().wall
    }

    fn monotonic(&self) -> Duration {
        self.lock().monotonic
    }

    async fn sleep(&self, duration: Duration) {
        let (wake, woken) = oneshot::channel();
        {
            let mut time = self.lock();
            if duration.is_zero() {
                return;
            }
            let until = time.monotonic + duration;
            time.sleepers.retain(|sleeper| !sleeper.wake.is_closed());
            time.sleepers.push(Sleeper { until, wake });
        }
        // The sender lives in the clock, which outlives this borrow of it.
        let _ = woken.await;
    }
}
