//! Watching a job while it is worked on, whatever its kind.

use std::time::Duration;

use futures_util::{FutureExt as _, select};
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, JobKind, JobState, Progress, Status, transition};

use super::{RunHandle, RunOne, StopCause};
use crate::outage::warn_of;

/// Between two entries of progress, so that there are at most four a second.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

impl RunOne {
    /// Does `work`, while watching for cancellation, the time limit and progress. `known` is kept
    /// as new as what was seen of the job.
    pub(super) async fn watch<T>(
        &self,
        known: &mut Backtest,
        handle: &RunHandle,
        work: impl Future<Output = T> + Send + Unpin,
    ) -> T {
        let mut work = work.fuse();
        let limit = Duration::from_millis(known.submission.limits.timeout_ms);
        let mut deadline = self.clock.sleep(limit).fuse();
        let mut tick = self.clock.sleep(PROGRESS_EVERY).fuse();
        loop {
            let nudged = handle.nudged().fuse();
            futures_util::pin_mut!(nudged);
            select! {
                result = work => return result,
                () = deadline => handle.stop(StopCause::Timeout),
                () = nudged => self.look(known, handle).await,
                () = tick => {
                    self.report_progress(known, handle).await;
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
        let progress = progress(known, handle);
        if progress.bars_done == reported(known) {
            // Nothing to tell; whether the run is still wanted may have changed all the same.
            return self.look(known, handle).await;
        }
        let event = JobEvent::Progress(progress);
        let Ok(change) = transition(known, event, self.clock.now()) else { return };
        match self.store.commit(vec![change.clone()]).await.as_deref() {
            Ok([Ok(())]) => {
                if let Ok(next) = known.apply(&change) {
                    *known = next;
                }
            }
            Ok(_) => self.look(known, handle).await,
            Err(error) => warn_of(error, "progress was not kept"),
        }
    }
}

/// How far the run is.
fn progress(job: &Backtest, handle: &RunHandle) -> Progress {
    let (bars_done, sim_time) = handle.control.position();
    let sim_time = match job.submission.kind() {
        JobKind::Backtest => Some(sim_time),
        JobKind::Sweep => None,
    };
    let peak_rss_bytes = handle.control.peak_rss();
    Progress { bars_done, bars_total: job.submission.steps(), sim_time, peak_rss_bytes }
}

/// How far everybody knows it to be.
fn reported(job: &Backtest) -> u64 {
    match &job.state {
        JobState::Running { progress, .. } | JobState::Cancelling { progress, .. } => {
            progress.bars_done
        }
        JobState::Queued { .. }
        | JobState::Succeeded { .. }
        | JobState::Failed { .. }
        | JobState::Cancelled { .. }
        | JobState::TimedOut { .. } => 0,
    }
}

pub(super) fn lease(job: &Backtest) -> Option<LeaseId> {
    job.state.lease().map(|lease| lease.id)
}
