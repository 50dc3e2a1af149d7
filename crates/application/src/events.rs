//! Read the event log of a job, as it grows.

use std::time::Duration;

use futures_util::stream::{Stream, unfold};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, LoggedEvent};
use tapedeck_domain::port::{Signals, StorageError};

use crate::inspect::{Inspect, POLL};
use crate::outage::warn_of;

/// Read the event log of a job.
#[derive(Clone)]
pub struct EventLog {
    inspect: Inspect,
}

/// A part of an event log.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// Entries, in order and without gaps.
    pub entries: Vec<LoggedEvent>,
    /// Whether there are more just now.
    pub more: bool,
    /// Whether the job has ended and these are the last ones.
    pub ended: bool,
}

/// Why there is no part of the log.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// There is no such job.
    #[error("no such job")]
    NotFound,
    /// The log has no such entry.
    #[error("the log ends at entry {last}")]
    BeyondTheEnd {
        /// The last entry that it has.
        last: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Entries that are read at a time by who follows a log: who reads slowly has no more of them in
/// memory.
const PAGE: usize = 256;

impl EventLog {
    /// Of the jobs that `inspect` sees.
    pub fn new(inspect: Inspect) -> Self {
        Self { inspect }
    }

    /// The job, if its log has an entry `seq`; every log has an entry 0, before the first one.
    ///
    /// # Errors
    /// See [`EventsError`].
    pub async fn open(&self, id: BacktestId, seq: u64) -> Result<Backtest, EventsError> {
        let job = self.inspect.find(id).await?.ok_or(EventsError::NotFound)?;
        if seq > job.last_seq {
            return Err(EventsError::BeyondTheEnd { last: job.last_seq });
        }
        Ok(job)
    }

    /// At most `limit` entries after `seq`.
    ///
    /// # Errors
    /// See [`EventsError`].
    pub async fn page(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
    ) -> Result<EventPage, EventsError> {
        let job = self.open(id, seq).await?;
        let entries = match job.last_seq {
            last if last > seq => self.inspect.feed.events_page(id, seq, limit).await?,
            _ => Vec::new(),
        };
        let reached = entries.last().map_or(seq, |entry| entry.seq);
        let ended = job.state.status().is_terminal() && reached >= job.last_seq;
        Ok(EventPage { entries, more: reached < job.last_seq, ended })
    }

    /// The same, as soon as there are any, or the job has ended, or `patience` has passed.
    ///
    /// # Errors
    /// See [`EventsError`].
    ///
    /// # Cancel safety
    /// Changes nothing, so it may be dropped at any time.
    pub async fn wait(
        &self,
        id: BacktestId,
        seq: u64,
        limit: usize,
        patience: Duration,
    ) -> Result<EventPage, EventsError> {
        let deadline = self.inspect.clock.monotonic() + patience;
        let mut signals = self.inspect.subscribe();
        loop {
            let page = self.page(id, seq, limit).await?;
            let left = deadline.saturating_sub(self.inspect.clock.monotonic());
            if !page.entries.is_empty() || page.ended || left.is_zero() {
                return Ok(page);
            }
            self.inspect.next_change(id, &mut signals, left.min(POLL)).await;
        }
    }

    /// The log after `seq`, page by page, up to the last entry that there will ever be. Nothing is
    /// read before it is asked for. A store that does not answer is asked again until it does; it
    /// ends without an ended page when the job is removed meanwhile.
    pub fn follow(
        &self,
        id: BacktestId,
        seq: u64,
    ) -> impl Stream<Item = Result<EventPage, StorageError>> + Send + 'static {
        let signals = self.inspect.subscribe();
        let follower = Follower { log: self.clone(), id, seq, signals };
        unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(page) if page.ended => Some((Ok(page), None)),
                Ok(page) => Some((Ok(page), Some(follower))),
                Err(EventsError::Storage(error)) => Some((Err(error), None)),
                Err(EventsError::NotFound | EventsError::BeyondTheEnd { .. }) => None,
            }
        })
    }
}

/// Who follows a log.
struct Follower {
    log: EventLog,
    id: BacktestId,
    seq: u64,
    signals: Signals,
}

impl Follower {
    /// Entries that were not seen yet, or the end.
    async fn next(&mut self) -> Result<EventPage, EventsError> {
        let inspect = self.log.inspect.clone();
        loop {
            match self.log.page(self.id, self.seq, PAGE).await {
                Ok(page) if page.ended || !page.entries.is_empty() => {
                    self.seq = page.entries.last().map_or(self.seq, |entry| entry.seq);
                    return Ok(page);
                }
                Ok(_) => inspect.next_change(self.id, &mut self.signals, POLL).await,
                Err(EventsError::Storage(error @ StorageError::Unavailable(_))) => {
                    warn_of(&error, "an event log cannot be read");
                    inspect.clock.sleep(POLL).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
