use std::time::Duration;

use async_trait::async_trait;

use crate::time::Timestamp;

/// The time of day and the time that passes.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The wall clock. It may jump, both ways.
    fn now(&self) -> Timestamp;

    /// Time since an arbitrary start. It never goes back, whatever the wall clock does.
    fn monotonic(&self) -> Duration;

    /// Returns when at least `duration` of monotonic time has passed.
    async fn sleep(&self, duration: Duration);
}
