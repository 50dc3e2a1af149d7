use async_trait::async_trait;
use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::Priority;
use tapedeck_domain::port::{Depth, Pause, QueueControl, QueueStatus, Signal, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::queue::{PauseRow, QUEUE, retry_bounds};
use tapedeck_sql::schema::{queue_pauses, queue_places};

use super::{SqliteJobs, audit};
use crate::fault::Fault;

#[async_trait]
impl QueueControl for SqliteJobs {
    async fn status(&self, now: Timestamp) -> Result<QueueStatus, StorageError> {
        Ok(self.database.read(move |conn| status(conn, now)).await?)
    }

    async fn set_pause(
        &self,
        pause: Option<Pause>,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        let resumes = pause.is_none();
        let changed = self.database.write(move |conn| set_pause(conn, pause, &entry)).await?;
        if changed && resumes {
            self.feed.send(Signal::Missed);
        }
        Ok(changed)
    }
}

fn paused(conn: &mut SqliteConnection) -> Result<Option<Pause>, Fault> {
    let row: Option<PauseRow> = queue_pauses::table.find(QUEUE).first(conn).optional()?;
    Ok(row.map(Pause::try_from).transpose()?)
}

fn set_pause(
    conn: &mut SqliteConnection,
    pause: Option<Pause>,
    entry: &AuditEntry,
) -> Result<bool, Fault> {
    let changed = match pause {
        // Whoever paused first is the one who did.
        Some(pause) => diesel::insert_or_ignore_into(queue_pauses::table)
            .values(PauseRow::new(&pause)?)
            .execute(conn)?,
        None => diesel::delete(queue_pauses::table.find(QUEUE)).execute(conn)?,
    };
    if changed > 0 {
        audit(conn, std::iter::once(entry))?;
    }
    Ok(changed > 0)
}

fn status(conn: &mut SqliteConnection, now: Timestamp) -> Result<QueueStatus, Fault> {
    let queued = queue_places::table.filter(sql::<Bool>("status = 'queued'"));
    let (due_from, due_again) = retry_bounds(now);
    let due = queued
        .clone()
        .filter(queue_places::not_before.le(now.as_nanos()))
        .filter(queue_places::retry_at.le(due_from).or(queue_places::retry_at.gt(due_again)));
    let of_batch = || queue_places::priority.eq(Priority::Batch.rank());
    let running = queue_places::table.filter(queue_places::lease_id.is_not_null());
    let counted = |n: i64| u64::try_from(n).unwrap_or(0);
    let oldest: Option<i64> = due.clone().select(min(queue_places::created_at)).first(conn)?;
    let batch: i64 = queued.clone().filter(of_batch()).count().get_result(conn)?;
    let batch_due: i64 = due.clone().filter(of_batch()).count().get_result(conn)?;
    let waiting = counted(queued.count().get_result(conn)?);
    let ready = counted(due.count().get_result(conn)?);
    Ok(QueueStatus {
        pause: paused(conn)?,
        queued: waiting,
        scheduled: waiting.saturating_sub(ready),
        batch: Depth {
            queued: counted(batch),
            scheduled: counted(batch.saturating_sub(batch_due)),
        },
        running: counted(running.count().get_result(conn)?),
        oldest: oldest.map(Timestamp::from_nanos),
    })
}
