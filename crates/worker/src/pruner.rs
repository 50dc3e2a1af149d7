//! Removes what was kept long enough, again and again.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{Occasion, Retention, warn_of};
use tapedeck_domain::port::Clock;
use tokio_util::sync::CancellationToken;

/// Removes what was kept long enough, again and again. Several at once do no harm: of two that
/// remove the same, one finds it gone.
pub struct Pruner {
    /// What removes it.
    pub retention: Retention,
    /// How often; never where nothing is said.
    pub every: Option<Duration>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The first pass does not wait longer, so that what a crash left behind goes soon, and not so
/// soon that it holds up a start.
const FIRST: Duration = Duration::from_secs(60);

impl Pruner {
    /// Works until `shutdown`; a pass that is under way then breaks off, which leaves nothing
    /// that the next one does not find.
    pub async fn run(self, shutdown: CancellationToken) {
        let Some(every) = self.every else { return };
        let mut pause = every.min(FIRST);
        let passes = async {
            loop {
                self.clock.sleep(pause).await;
                if let Err(error) = self.retention.apply(&Occasion::Unattended).await {
                    warn_of(&error, "what was kept long enough cannot be removed");
                }
                pause = every;
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = passes => {}
        }
    }
}
