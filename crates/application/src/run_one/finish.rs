//! Committing how a run ended.

use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Status, transition};
use tapedeck_domain::port::StorageError;

use super::watch::lease;
use super::{RETRY_AFTER, RunHandle, RunOne, StopCause, TRIES};

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// It was committed: the job has ended, or waits again.
    Committed {
        /// As it is now.
        job: Box<Backtest>,
        /// Bars simulated, or combinations of a sweep.
        bars_done: u64,
        /// The most memory that it was seen to hold.
        peak_rss_bytes: Option<u64>,
    },
    /// Another worker has its lease: nothing was written.
    OfAnother,
    /// The store did not take it.
    NotKept,
}

impl RunEnd {
    fn committed(job: Backtest, handle: &RunHandle) -> Self {
        Self::Committed {
            bars_done: done(&job, handle),
            job: Box::new(job),
            peak_rss_bytes: handle.control.peak_rss(),
        }
    }
}

/// What became of one try.
enum Try {
    Done,
    /// The job has moved on: this is what it is now.
    Again(Box<Backtest>),
    /// It is nothing of ours any more.
    Gone,
    Failed(StorageError),
}

impl RunOne {
    /// Commits the end: on the revision that is known, and if the job has moved on, on that which
    /// it has reached.
    ///
    /// A store that does not answer is asked for as long as the lease is held, for the work is
    /// done and nobody else may do it; a worker that goes away asks a few times.
    pub(super) async fn finish(
        &self,
        mut known: Backtest,
        event: JobEvent,
        handle: &RunHandle,
    ) -> RunEnd {
        let (ended_at, mut tries) = (self.clock.now(), 0);
        while tries < TRIES && !handle.has_lost_its_lease() {
            let Ok(change) = transition(&known, event.clone(), ended_at) else { break };
            match self.try_to_finish(change.clone()).await {
                Try::Done => {
                    // What the store took holds of what is known, too.
                    let job = known.apply(&change).unwrap_or(known);
                    tell(&job, handle);
                    return RunEnd::committed(job, handle);
                }
                Try::Again(found) if lease(&found) == lease(&known) => {
                    known = *found;
                    tries += 1;
                }
                Try::Again(_) | Try::Gone => break,
                Try::Failed(error) => {
                    tries += u32::from(!may_wait(&error, handle));
                    self.clock.sleep(RETRY_AFTER).await;
                }
            }
        }
        tracing::error!(job.id = %known.id, "the end of the job could not be kept");
        RunEnd::NotKept
    }

    async fn try_to_finish(&self, change: JobChange) -> Try {
        let (id, next) = (change.id, change.next.clone());
        match self.store.commit(vec![change]).await {
            Ok(applied) if applied.as_slice() == [Ok(())] => return Try::Done,
            Ok(_) => {}
            Err(error) => return Try::Failed(error),
        }
        match self.store.find(id).await {
            // It was committed before, and the answer was lost.
            Ok(Some(found)) if found.state == next => Try::Done,
            Ok(Some(found)) => Try::Again(Box::new(found)),
            Ok(None) => Try::Gone,
            Err(error) => Try::Failed(error),
        }
    }
}

/// The last line of this run, whether the job has ended or goes back to the queue.
fn tell(job: &Backtest, handle: &RunHandle) {
    let (status, failure) = (job.state.status(), job.state.failure());
    let duration = job.state.started_at().zip(job.state.finished_at());
    let message = if status.is_terminal() { "job ended" } else { "job handed back" };
    tracing::info!(
        job.id = %job.id,
        job.status = status.as_str(),
        job.reason = failure.map(|failure| failure.reason.as_str()),
        job.limit = failure.and_then(|failure| failure.limit).map(|limit| limit.as_str()),
        duration_ms = duration.map(|(from, to)| to.millis_since(from)),
        bars = done(job, handle),
        peak_rss_bytes = handle.control.peak_rss(),
        "{message}"
    );
}

/// How far it came. One that is quick tells nobody before its end.
fn done(job: &Backtest, handle: &RunHandle) -> u64 {
    let (told, _) = handle.control.position();
    if job.state.status() == Status::Succeeded { job.submission.steps() } else { told }
}

/// Whether what is wrong with the store may end, and there is time to wait for that.
fn may_wait(error: &StorageError, handle: &RunHandle) -> bool {
    let may_end = match error {
        StorageError::Unavailable(_) | StorageError::Full { .. } => true,
        StorageError::Corrupt { .. } => false,
    };
    may_end && handle.cause() != Some(StopCause::Shutdown)
}
