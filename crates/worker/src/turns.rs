//! Whose turn it is.

use tapedeck_domain::job::{Backtest, Priority};

/// Of so many jobs, one is a batch job if there is any.
const QUARTER: i64 = 4;

/// Counts starts, so that a quarter of them are of batch jobs while both kinds wait.
///
/// What counts is what was started and not what was asked for: a worker may ask for many and get
/// one, when a limit holds for all workers together.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Starts since batch jobs had their share, in quarters of a batch job; below 0 when they
    /// had more than that.
    owed: i64,
    /// Neither kind saves up more turns than this while the other is not there.
    most_ahead: i64,
}

impl Turns {
    /// Of a worker that runs at most so many jobs at the same time.
    pub(crate) fn new(max_concurrent: usize) -> Self {
        Self { owed: 0, most_ahead: signed(max_concurrent) + QUARTER }
    }

    /// How many of the next `room` jobs are to be batch jobs before any other.
    pub(crate) fn of_batch(&self, room: usize) -> usize {
        let quarters = self.owed.saturating_add(signed(room));
        usize::try_from(quarters / QUARTER).map_or(0, |turns| turns.min(room))
    }

    /// Counts what was started.
    pub(crate) fn count(&mut self, started: &[Backtest]) {
        let batch = started.iter().filter(|job| job.submission.priority == Priority::Batch);
        let owed = self.owed + signed(started.len()) - QUARTER * signed(batch.count());
        self.owed = owed.clamp(-self.most_ahead, QUARTER - 1);
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX >> 4)
}
