//! The real clock, the real ids and real randomness: the only place that asks the machine for
//! any of them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tapedeck_domain::port::{Clock, Entropy, Ids, NoEntropy};
use tapedeck_domain::time::Timestamp;
use uuid::Uuid;

/// The machine's clocks.
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the adapter of the Clock port")]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the adapter of the Clock port")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// UUIDv7 from the machine's clock and randomness.
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the adapter of the Ids port")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The randomness of the system.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bits(&self) -> Result<[u8; 32], NoEntropy> {
        let mut bits = [0; 32];
        getrandom::fill(&mut bits).map_err(|_| NoEntropy)?;
        Ok(bits)
    }
}
