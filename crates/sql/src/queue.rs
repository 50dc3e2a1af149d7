//! The pause of the queue, and what is due.

use diesel::prelude::*;
use tapedeck_domain::job::LONGEST_PAUSE;
use tapedeck_domain::port::{ClaimLimits, Pause, Room, StorageError};
use tapedeck_domain::time::Timestamp;

use crate::document;
use crate::schema::queue_pauses;

/// The only queue that there is.
pub const QUEUE: &str = "main";

/// A pause.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = queue_pauses)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct PauseRow {
    pub queue: String,
    pub pause: String,
}

impl PauseRow {
    /// Of the queue.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn new(pause: &Pause) -> Result<Self, StorageError> {
        Ok(Self { queue: QUEUE.to_owned(), pause: document::write(pause)? })
    }
}

impl TryFrom<PauseRow> for Pause {
    type Error = StorageError;

    fn try_from(row: PauseRow) -> Result<Self, StorageError> {
        document::read("queue_pauses.pause", &row.pause)
    }
}

/// Up to which `retry_at` a job is due, and from which on it is due again, since such a pause was
/// decided before the clock was set back.
pub fn retry_bounds(now: Timestamp) -> (i64, i64) {
    (now.as_nanos(), now.plus(LONGEST_PAUSE).as_nanos())
}

/// What may still be started, where so many of each strategy run.
///
/// # Errors
/// A strategy's name cannot be read.
pub fn room(limits: ClaimLimits, running: Vec<(String, i64)>) -> Result<Room, StorageError> {
    let read = |(id, running): (String, i64)| {
        let strategy = id.parse();
        let strategy = strategy.map_err(|_| StorageError::corrupt("backtests.strategy_id"))?;
        Ok((strategy, u64::try_from(running).unwrap_or(0)))
    };
    let running = running.into_iter().map(read).collect::<Result<_, StorageError>>()?;
    Ok(Room::new(limits, running))
}
