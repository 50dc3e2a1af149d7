//! The machine's clocks and ids.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tapedeck_domain::port::{Clock, Ids};
use tapedeck_domain::time::Timestamp;
use uuid::Uuid;

/// Nanoseconds since 1970: the same clock in all processes of this machine.
#[expect(clippy::disallowed_methods, reason = "measures")]
pub(crate) fn nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

/// The machine's clocks.
pub(crate) struct RealClock(Instant);

impl RealClock {
    #[expect(clippy::disallowed_methods, reason = "measures")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(i64::try_from(nanos()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// UUIDv7.
pub(crate) struct RealIds;

impl Ids for RealIds {
    #[expect(clippy::disallowed_methods, reason = "measures")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
