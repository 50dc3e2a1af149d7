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

/// How long a pass may take when the process is to stop.
const LAST: Duration = Duration::from_secs(1);

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
            // A store that does not answer does not keep the process from ending: a pass may break
            // off anywhere.
            let (clock, stop) = (&self.clock, &shutdown);
            let too_long = async move {
                stop.cancelled().await;
                clock.sleep(LAST).await;
            };
            let failed = tokio::select! {
                done = self.seal.pass() => done.err(),
                () = too_long => return,
            };
            // One that is away was reported by its adapter.
            let failed = failed.filter(|error| !error.is_away());
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
