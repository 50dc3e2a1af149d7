use async_trait::async_trait;
use diesel::dsl::{min, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::job::Priority;
use tapedeck_domain::port::{Depth, Pause, QueueControl, QueueStatus, Signal, StorageError};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::queue::{PauseRow, QUEUE, retry_bounds};
use tapedeck_sql::schema::{queue_pauses, queue_places};

use super::{PostgresJobs, audit};
use crate::fault::Fault;

#[async_trait]
impl QueueControl for PostgresJobs {
    async fn status(&self, now: Timestamp) -> Result<QueueStatus, StorageError> {
        Ok(self.database.run(async |conn| status(conn, now).await).await?)
    }

    async fn set_pause(
        &self,
        pause: Option<Pause>,
        entry: AuditEntry,
    ) -> Result<bool, StorageError> {
        let resumes = pause.is_none();
        let set = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| set_pause(conn, pause, &entry).await).await
        };
        let changed = self.database.run(set).await?;
        if changed && resumes {
            self.wake.tell(Signal::Missed);
        }
        Ok(changed)
    }
}

async fn paused(conn: &mut AsyncPgConnection) -> Result<Option<Pause>, Fault> {
    let row: Option<PauseRow> = queue_pauses::table.find(QUEUE).first(conn).await.optional()?;
    Ok(row.map(Pause::try_from).transpose()?)
}

async fn set_pause(
    conn: &mut AsyncPgConnection,
    pause: Option<Pause>,
    entry: &AuditEntry,
) -> Result<bool, Fault> {
    let changed = match pause {
        // Whoever paused first is the one who did.
        Some(pause) => {
            diesel::insert_into(queue_pauses::table)
                .values(PauseRow::new(&pause)?)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?
        }
        None => diesel::delete(queue_pauses::table.find(QUEUE)).execute(conn).await?,
    };
    if changed > 0 {
        audit(conn, std::iter::once(entry)).await?;
    }
    Ok(changed > 0)
}

async fn status(conn: &mut AsyncPgConnection, now: Timestamp) -> Result<QueueStatus, Fault> {
    let queued = queue_places::table.filter(sql::<Bool>("status = 'queued'"));
    let (due_from, due_again) = retry_bounds(now);
    let due = queued
        .clone()
        .filter(queue_places::not_before.le(now.as_nanos()))
        .filter(queue_places::retry_at.le(due_from).or(queue_places::retry_at.gt(due_again)));
    let of_batch = || queue_places::priority.eq(Priority::Batch.rank());
    let running = queue_places::table.filter(queue_places::lease_id.is_not_null());
    let counted = |n: i64| u64::try_from(n).unwrap_or(0);
    let oldest: Option<i64> = due.clone().select(min(queue_places::created_at)).first(conn).await?;
    let batch: i64 = queued.clone().filter(of_batch()).count().get_result(conn).await?;
    let batch_due: i64 = due.clone().filter(of_batch()).count().get_result(conn).await?;
    let waiting = counted(queued.count().get_result(conn).await?);
    let ready = counted(due.count().get_result(conn).await?);
    Ok(QueueStatus {
        pause: paused(conn).await?,
        queued: waiting,
        scheduled: waiting.saturating_sub(ready),
        batch: Depth {
            queued: counted(batch),
            scheduled: counted(batch.saturating_sub(batch_due)),
        },
        running: counted(running.count().get_result(conn).await?),
        oldest: oldest.map(Timestamp::from_nanos),
    })
}
