//! Keeps a process up with what is changed at run time in any of them.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{Flags, LogLevel, Overrides, warn_of};
use tapedeck_domain::port::Clock;
use tokio_util::sync::CancellationToken;

/// Keeps a process up with what is changed at run time, in this process or another: it looks more
/// than twice a second, whatever the database, since not every one of them can wake it.
pub struct Refresher {
    /// What was changed.
    pub overrides: Overrides,
    /// Flags, whose provider is asked.
    pub flags: Flags,
    /// What is logged.
    pub log_level: LogLevel,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Between two looks.
const EVERY: Duration = Duration::from_millis(300);
/// How long a provider may take; what it said before holds meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

impl Refresher {
    /// Works until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.follow_overrides() => {}
            () = self.follow_provider() => {}
        }
    }

    async fn follow_overrides(&self) {
        let mut fails = false;
        loop {
            self.clock.sleep(EVERY).await;
            let looked = self.overrides.refresh().await;
            match &looked {
                Ok(()) => self.log_level.apply(),
                Err(_) if fails => {}
                Err(error) => warn_of(error, "what was changed at run time cannot be read"),
            }
            fails = looked.is_err();
        }
    }

    /// One line when the provider stops deciding, and one when it does again.
    async fn follow_provider(&self) {
        let mut fails = false;
        loop {
            self.clock.sleep(EVERY).await;
            let (asked, provider) =
                (self.flags.ask_provider(PATIENCE).await, self.flags.provider());
            match &asked {
                Err(error) if !fails => tracing::warn!(
                    provider,
                    error = error.message,
                    "the provider of flags does not decide; flags stay as they were"
                ),
                Ok(()) if fails => tracing::info!(provider, "the provider of flags decides again"),
                Ok(()) | Err(_) => {}
            }
            fails = asked.is_err();
        }
    }
}
