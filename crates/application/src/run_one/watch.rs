//! Watching a job while it is worked on, and committing how it ended, whatever its kind.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, select};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, JobKind, Progress, Status, transition};

use super::{RETRY_AFTER, RunHandle, RunOne, StopCause, TRIES};

/// Between two entries of progress, so that there are at most four a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

impl RunOne {
    /// Does `work`, while watching for cancellation, the time limit and progress.
    pub(super) async fn watch<T>(
        &self,
        job: &Backtest,
        handle: &RunHandle,
        work: impl Future<Output = T> + Send + Unpin,
    ) -> T {
        let mut work = work.fuse();
        let mut signals = self.feed.subscribe().fuse();
        let limit = Duration::from_millis(job.submission.limits.timeout_ms);
        let mut deadline = self.clock.sleep(limit).fuse();
        let mut tick = self.clock.sleep(PROGRESS_EVERY).fuse();
        let mut known = job.clone();
        loop {
            select! {
                result = work => return result,
                () = deadline => handle.stop(StopCause::Timeout),
                signal = signals.select_next_some() => {
                    if signal.concerns(job.id) {
                        self.look(&mut known, handle).await;
                    }
                }
                () = tick => {
                    self.report_progress(&mut known, handle).await;
                    tick = self.clock.sleep(PROGRESS_EVERY).fuse();
                }
            }
        }
    }

    /// Finds out whether the job was cancelled or given to another worker.
    async fn look(&self, known: &mut Backtest, handle: &RunHandle) {
        // A store that does not answer now is asked again with the next progress.
        let Ok(found) = self.store.find(known.id).await else { return };
        let Some(found) = found.filter(|found| lease(found) == lease(known)) else {
            return handle.stop(StopCause::LeaseLost);
        };
        if found.state.status() == Status::Cancelling {
            handle.stop(StopCause::Cancel);
        }
        *known = found;
    }

    async fn report_progress(&self, known: &mut Backtest, handle: &RunHandle) {
        let (bars_done, sim_time) = handle.control.position();
        let bars_total = known.submission.steps();
        let sim_time = match known.submission.kind() {
            JobKind::Backtest => Some(sim_time),
            JobKind::Sweep => None,
        };
        let progress = Progress { bars_done, bars_total, sim_time };
        let event = JobEvent::Progress(progress);
        if bars_done == 0 {
            // Nothing to tell yet; whether the run is still wanted may have changed all the same.
            return self.look(known, handle).await;
        }
        let Ok(change) = transition(known, event, self.clock.now()) else { return };
        match self.store.commit(vec![change.clone()]).await.as_deref() {
            Ok([Ok(())]) => {
                if let Ok(next) = known.apply(&change) {
                    *known = next;
                }
            }
            Ok(_) => self.look(known, handle).await,
            Err(error) => tracing::warn!(job.id = %known.id, %error, "progress was not kept"),
        }
    }

    /// Commits the end, on whatever revision the job has reached meanwhile.
    pub(super) async fn finish(&self, job: &Backtest, event: JobEvent) {
        for _ in 0..TRIES {
            let found = match self.store.find(job.id).await {
                Ok(Some(found)) if lease(&found) == lease(job) => found,
                Ok(_) => break,
                Err(_) => {
                    self.clock.sleep(RETRY_AFTER).await;
                    continue;
                }
            };
            let Ok(change) = transition(&found, event.clone(), self.clock.now()) else { break };
            let next = change.next.status();
            match self.store.commit(vec![change]).await.as_deref() {
                Ok([Ok(())]) => {
                    tracing::info!(job.id = %job.id, job.status = next.as_str(), "backtest ended");
                    return;
                }
                Ok(_) => {}
                Err(_) => self.clock.sleep(RETRY_AFTER).await,
            }
        }
        tracing::error!(job.id = %job.id, "the end of the backtest could not be kept");
    }
}

fn lease(job: &Backtest) -> Option<LeaseId> {
    job.state.lease().map(|lease| lease.id)
}
