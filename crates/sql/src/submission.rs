//! The rows of a new job.

use tapedeck_domain::port::{NewJob, StorageError};
use tapedeck_domain::time::Timestamp;

use crate::job::{EventRow, JobRow, KeyRow, TagRow};

/// A new job, written down.
#[derive(Debug, Clone)]
pub struct NewRows {
    /// The job itself, with the key by which equal requests share it.
    pub job: JobRow,
    /// Before which it is not started; 0 when it need not wait.
    pub not_before: i64,
    /// Its tags.
    pub tags: Vec<TagRow>,
    /// The first entry of its log.
    pub event: EventRow,
    /// The idempotency key that makes it.
    pub key: Option<KeyRow>,
}

impl TryFrom<&NewJob> for NewRows {
    type Error = StorageError;

    fn try_from(new: &NewJob) -> Result<Self, StorageError> {
        let job = &new.job;
        let mut row = JobRow::new(job)?;
        row.dedupe_key = job.dedupe_key().map(str::to_owned);
        Ok(Self {
            job: row,
            not_before: job.submission.not_before.map_or(0, Timestamp::as_nanos),
            tags: JobRow::tags(job),
            event: EventRow::new(job.id, &new.event)?,
            key: new.idempotency.as_ref().map(|key| KeyRow::new(key, job)),
        })
    }
}
