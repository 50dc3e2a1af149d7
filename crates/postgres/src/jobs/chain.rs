use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{count_star, min, select, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::audit::{Head, Sealed};
use tapedeck_domain::port::{AuditChain, Overtaken, Sealing, StorageError, Tip, Unsealed};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::audit::{AuditRow, LinkRow, link_rows, tip};
use tapedeck_sql::schema::{audit_chain, audit_entries};

use super::PostgresJobs;
use crate::fault::Fault;

/// Numbers are given before transactions commit, and one may take as long as its statements may,
/// which is ten minutes at most.
const LATENESS: Duration = Duration::from_secs(15 * 60);

/// Held until the end of a transaction that seals. Any number, as long as it is always the same.
const LOCK: i64 = 0x7461_7065_6175_6474;

#[async_trait]
impl AuditChain for PostgresJobs {
    async fn tip(&self, now: Timestamp) -> Result<Tip, StorageError> {
        Ok(self.database.run(async |conn| tip_of(conn, now).await).await?)
    }

    async fn seal(
        &self,
        head: Head,
        now: Timestamp,
        limit: usize,
    ) -> Result<Sealing, StorageError> {
        let seal = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| seal(conn, head, now, limit).await).await
        };
        Ok(self.database.run(seal).await?)
    }

    async fn page(&self, after: u64, limit: usize) -> Result<Vec<Sealed>, StorageError> {
        Ok(self.database.run(async |conn| page(conn, after, limit).await).await?)
    }

    async fn unsealed(&self) -> Result<Unsealed, StorageError> {
        let look = async |conn: &mut AsyncPgConnection| {
            let mut transaction = conn.build_transaction().read_only().repeatable_read();
            transaction.run(async |conn| unsealed(conn).await).await
        };
        Ok(self.database.run(look).await?)
    }

    fn lateness(&self) -> Option<Duration> {
        Some(LATENESS)
    }
}

async fn last(conn: &mut AsyncPgConnection) -> Result<Option<LinkRow>, Fault> {
    let last = audit_chain::table.order(audit_chain::position.desc());
    Ok(last.first(conn).await.optional()?)
}

/// The number up to which entries are either sealed or too late. Approximately, and never too
/// high by what one moment sealed: an entry that is taken too late is found by its place.
async fn settled(conn: &mut AsyncPgConnection, now: Timestamp) -> Result<i64, Fault> {
    let before = audit_chain::sealed_at.lt(now.minus(LATENESS).as_nanos());
    let latest = audit_chain::table
        .filter(before)
        .order((audit_chain::sealed_at.desc(), audit_chain::entry_seq.desc()))
        .select(audit_chain::entry_seq);
    let settled: Option<i64> = latest.first(conn).await.optional()?;
    Ok(settled.unwrap_or(i64::MIN))
}

/// Entries that are to be sealed, in their order.
async fn waiting(
    conn: &mut AsyncPgConnection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<AuditRow>, Fault> {
    let settled = settled(conn, now).await?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = audit_entries::table
        .left_join(audit_chain::table.on(audit_chain::entry_seq.eq(audit_entries::seq)))
        .filter(audit_chain::position.is_null())
        .filter(audit_entries::seq.gt(settled))
        .order(audit_entries::seq)
        .limit(limit)
        .select(AuditRow::as_select());
    Ok(rows.load(conn).await?)
}

async fn tip_of(conn: &mut AsyncPgConnection, now: Timestamp) -> Result<Tip, Fault> {
    let last = last(conn).await?;
    let waiting = !waiting(conn, now, 1).await?.is_empty();
    Ok(tip(last, waiting))
}

async fn seal(
    conn: &mut AsyncPgConnection,
    head: Head,
    now: Timestamp,
    limit: usize,
) -> Result<Sealing, Fault> {
    let lock = sql::<Bool>(&format!("pg_try_advisory_xact_lock({LOCK})"));
    let is_ours: bool = select(lock).get_result(conn).await?;
    if !is_ours || tip(last(conn).await?, false).head != head {
        return Ok(Sealing::Elsewhere);
    }
    let rows = link_rows(head, waiting(conn, now, limit).await?, now)?;
    diesel::insert_into(audit_chain::table).values(&rows).execute(conn).await?;
    let entries = rows.len();
    let head = rows.into_iter().next_back().map_or(head, |last| tip(Some(last), false).head);
    Ok(Sealing::Done { head, entries })
}

async fn page(
    conn: &mut AsyncPgConnection,
    after: u64,
    limit: usize,
) -> Result<Vec<Sealed>, Fault> {
    let mut links = audit_chain::table
        .left_join(audit_entries::table.on(audit_entries::seq.eq(audit_chain::entry_seq)))
        .select((LinkRow::as_select(), Option::<AuditRow>::as_select()))
        .order(audit_chain::position)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .into_boxed();
    // From the start on, whatever stands there, so that nothing stands before it unseen.
    if after > 0 {
        links = links.filter(audit_chain::position.gt(after.cast_signed()));
    }
    let rows: Vec<(LinkRow, Option<AuditRow>)> = links.load(conn).await?;
    let sealed = rows.into_iter().map(|(link, entry)| link.sealed(entry));
    Ok(sealed.collect::<Result<_, _>>()?)
}

async fn unsealed(conn: &mut AsyncPgConnection) -> Result<Unsealed, Fault> {
    let rows = || {
        audit_entries::table
            .left_join(audit_chain::table.on(audit_chain::entry_seq.eq(audit_entries::seq)))
            .filter(audit_chain::position.is_null())
    };
    let (entries, oldest, first): (i64, Option<i64>, Option<i64>) = rows()
        .select((count_star(), min(audit_entries::at), min(audit_entries::seq)))
        .first(conn)
        .await?;
    Ok(Unsealed {
        entries: entries.cast_unsigned(),
        oldest: oldest.map(Timestamp::from_nanos),
        overtaken: match first {
            Some(seq) => overtaken(conn, seq).await?,
            None => None,
        },
    })
}

async fn overtaken(conn: &mut AsyncPgConnection, seq: i64) -> Result<Option<Overtaken>, Fault> {
    let since: Option<i64> = audit_chain::table
        .filter(audit_chain::entry_seq.gt(seq))
        .select(min(audit_chain::sealed_at))
        .first(conn)
        .await?;
    let since = since.map(Timestamp::from_nanos);
    Ok(since.map(|since| Overtaken { seq: seq.cast_unsigned(), since }))
}
