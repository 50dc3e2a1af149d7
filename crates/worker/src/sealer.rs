//! Seals what was added to the audit trail, again and again.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::AuditSeal;
use tapedeck_domain::port::Clock;
use tokio_util::sync::CancellationToken;

/// Seals what was added to the audit trail, again and again. Every process has one; of several at
/// once one seals.
pub struct Sealer {
    /// What seals it.
    pub seal: AuditSeal,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// An entry is sealed within a second, although a look may find somebody else sealing.
const EVERY: Duration = Duration::from_millis(400);

impl Sealer {
    /// Works until `shutdown`, and then once more. A pass that failed is made up for by the next;
    /// that it failed is said once, and that it works again.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut fails = false;
        loop {
            let pause = self.clock.sleep(EVERY);
            let is_last = tokio::select! {
                () = shutdown.cancelled() => true,
                () = pause => false,
            };
            // One that is away was reported by its adapter.
            let failed = self.seal.pass().await.err().filter(|error| !error.is_away());
            match &failed {
                None if fails => tracing::info!("the audit trail is sealed again"),
                Some(error) if !fails => {
                    let cause = std::error::Error::source(error).map(ToString::to_string);
                    tracing::error!(%error, cause, "the audit trail cannot be sealed");
                }
                None | Some(_) => {}
            }
            fails = failed.is_some();
            if is_last {
                return;
            }
        }
    }
}
