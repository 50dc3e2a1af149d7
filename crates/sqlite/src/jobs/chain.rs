use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{count_star, max, min};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::audit::{Head, Sealed};
use tapedeck_domain::port::{AuditChain, Overtaken, Sealing, StorageError, Tip, Unsealed};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::audit::{AuditRow, LinkRow, link_rows, tip};
use tapedeck_sql::schema::{audit_chain, audit_entries};

use super::SqliteJobs;
use crate::fault::Fault;

#[async_trait]
impl AuditChain for SqliteJobs {
    async fn tip(&self, _: Timestamp) -> Result<Tip, StorageError> {
        Ok(self.database.read(tip_of).await?)
    }

    async fn seal(
        &self,
        head: Head,
        now: Timestamp,
        limit: usize,
    ) -> Result<Sealing, StorageError> {
        Ok(self.database.write(move |conn| seal(conn, head, now, limit)).await?)
    }

    async fn page(&self, after: u64, limit: usize) -> Result<Vec<Sealed>, StorageError> {
        Ok(self.database.read(move |conn| page(conn, after, limit)).await?)
    }

    async fn unsealed(&self) -> Result<Unsealed, StorageError> {
        Ok(self.database.read(unsealed).await?)
    }

    /// There is one writer at a time.
    fn lateness(&self) -> Option<Duration> {
        None
    }
}

fn last(conn: &mut SqliteConnection) -> Result<Option<LinkRow>, Fault> {
    let last = audit_chain::table.order(audit_chain::position.desc());
    Ok(last.first(conn).optional()?)
}

/// Entries that are to be sealed, in their order.
fn waiting(conn: &mut SqliteConnection, limit: usize) -> Result<Vec<AuditRow>, Fault> {
    let newest: Option<i64> = audit_chain::table.select(max(audit_chain::entry_seq)).first(conn)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = audit_entries::table
        .left_join(audit_chain::table.on(audit_chain::entry_seq.eq(audit_entries::seq)))
        .filter(audit_chain::position.is_null())
        .filter(audit_entries::seq.gt(newest.unwrap_or(i64::MIN)))
        .order(audit_entries::seq)
        .limit(limit)
        .select(AuditRow::as_select());
    Ok(rows.load(conn)?)
}

fn tip_of(conn: &mut SqliteConnection) -> Result<Tip, Fault> {
    let last = last(conn)?;
    let waiting = !waiting(conn, 1)?.is_empty();
    Ok(tip(last, waiting))
}

fn seal(
    conn: &mut SqliteConnection,
    head: Head,
    now: Timestamp,
    limit: usize,
) -> Result<Sealing, Fault> {
    if tip(last(conn)?, false).head != head {
        return Ok(Sealing::Elsewhere);
    }
    let rows = link_rows(head, waiting(conn, limit)?, now)?;
    diesel::insert_into(audit_chain::table).values(&rows).execute(conn)?;
    let entries = rows.len();
    let head = rows.into_iter().next_back().map_or(head, |last| tip(Some(last), false).head);
    Ok(Sealing::Done { head, entries })
}

fn page(conn: &mut SqliteConnection, after: u64, limit: usize) -> Result<Vec<Sealed>, Fault> {
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
    let rows: Vec<(LinkRow, Option<AuditRow>)> = links.load(conn)?;
    let sealed = rows.into_iter().map(|(link, entry)| link.sealed(entry));
    Ok(sealed.collect::<Result<_, _>>()?)
}

fn unsealed(conn: &mut SqliteConnection) -> Result<Unsealed, Fault> {
    let rows = || {
        audit_entries::table
            .left_join(audit_chain::table.on(audit_chain::entry_seq.eq(audit_entries::seq)))
            .filter(audit_chain::position.is_null())
    };
    let (entries, oldest, first): (i64, Option<i64>, Option<i64>) = rows()
        .select((count_star(), min(audit_entries::at), min(audit_entries::seq)))
        .first(conn)?;
    Ok(Unsealed {
        entries: entries.cast_unsigned(),
        oldest: oldest.map(Timestamp::from_nanos),
        overtaken: match first {
            Some(seq) => overtaken(conn, seq)?,
            None => None,
        },
    })
}

fn overtaken(conn: &mut SqliteConnection, seq: i64) -> Result<Option<Overtaken>, Fault> {
    let since: Option<i64> = audit_chain::table
        .filter(audit_chain::entry_seq.gt(seq))
        .select(min(audit_chain::sealed_at))
        .first(conn)?;
    let since = since.map(Timestamp::from_nanos);
    Ok(since.map(|since| Overtaken { seq: seq.cast_unsigned(), since }))
}
