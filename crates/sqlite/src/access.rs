//! Access keys and tickets.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::access::{AccessKey, SecretHash, Ticket};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::KeyId;
use tapedeck_domain::port::{KeyStore, NameTaken, Revoked, StorageError, TicketStore};
use tapedeck_domain::time::Timestamp;
use tapedeck_sql::access::{KeyRow, TicketRow, keys};
use tapedeck_sql::schema::{access_keys, access_tickets};

use crate::Database;
use crate::fault::Fault;
use crate::jobs::audit;

/// The access keys and tickets in the embedded database.
pub struct SqliteAccess(pub Database);

#[async_trait]
impl KeyStore for SqliteAccess {
    async fn add(
        &self,
        key: AccessKey,
        entry: AuditEntry,
    ) -> Result<Result<(), NameTaken>, StorageError> {
        Ok(self.0.write(move |conn| add(conn, &key, &entry)).await?)
    }

    async fn all(&self) -> Result<Vec<AccessKey>, StorageError> {
        let all = |conn: &mut SqliteConnection| -> Result<_, Fault> {
            let query = access_keys::table.order((access_keys::created_at, access_keys::id));
            Ok(keys(query.select(KeyRow::as_select()).load(conn)?)?)
        };
        Ok(self.0.read(all).await?)
    }

    async fn revoke(
        &self,
        id: KeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<Revoked, StorageError> {
        Ok(self.0.write(move |conn| revoke(conn, &id.to_string(), at, &entry)).await?)
    }

    async fn touch(&self, uses: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        Ok(self.0.write(move |conn| touch(conn, &uses)).await?)
    }
}

fn add(
    conn: &mut SqliteConnection,
    key: &AccessKey,
    entry: &AuditEntry,
) -> Result<Result<(), NameTaken>, Fault> {
    let new = diesel::insert_into(access_keys::table).values(KeyRow::from(key));
    if new.on_conflict_do_nothing().execute(conn)? == 0 {
        return Ok(Err(NameTaken));
    }
    audit(conn, std::iter::once(entry))?;
    Ok(Ok(()))
}

fn revoke(
    conn: &mut SqliteConnection,
    id: &str,
    at: Timestamp,
    entry: &AuditEntry,
) -> Result<Revoked, Fault> {
    let valid = access_keys::table.find(id).filter(access_keys::revoked_at.is_null());
    let moment = access_keys::revoked_at.eq(at.as_nanos());
    if diesel::update(valid).set(moment).execute(conn)? > 0 {
        audit(conn, std::iter::once(entry))?;
        return Ok(Revoked::Now);
    }
    let found: i64 = access_keys::table.find(id).count().get_result(conn)?;
    Ok(if found > 0 { Revoked::Before } else { Revoked::NotFound })
}

fn touch(conn: &mut SqliteConnection, uses: &[(KeyId, Timestamp)]) -> Result<(), Fault> {
    for (id, at) in uses {
        let earlier = access_keys::last_used_at.is_null();
        let earlier = earlier.or(access_keys::last_used_at.lt(at.as_nanos()));
        let key = access_keys::table.find(id.to_string()).filter(earlier);
        let used = access_keys::last_used_at.eq(at.as_nanos());
        diesel::update(key).set(used).execute(conn)?;
    }
    Ok(())
}

#[async_trait]
impl TicketStore for SqliteAccess {
    async fn put(&self, ticket: Ticket) -> Result<(), StorageError> {
        Ok(self.0.write(move |conn| put(conn, &ticket)).await?)
    }

    async fn take(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StorageError> {
        let hash = hash.to_hex();
        Ok(self.0.write(move |conn| take(conn, &hash, now)).await?)
    }
}

fn put(conn: &mut SqliteConnection, ticket: &Ticket) -> Result<(), Fault> {
    let created = ticket.created_at.as_nanos();
    let old = access_tickets::table.filter(access_tickets::expires_at.le(created));
    diesel::delete(old).execute(conn)?;
    diesel::insert_into(access_tickets::table).values(TicketRow::from(ticket)).execute(conn)?;
    Ok(())
}

/// Under the write lock from the start, so of several one finds it.
fn take(conn: &mut SqliteConnection, hash: &str, now: Timestamp) -> Result<Option<Ticket>, Fault> {
    let ticket = access_tickets::table.find(hash);
    let valid = ticket.filter(access_tickets::expires_at.gt(now.as_nanos()));
    let row: Option<TicketRow> = valid.select(TicketRow::as_select()).first(conn).optional()?;
    if row.is_some() {
        diesel::delete(ticket).execute(conn)?;
    }
    Ok(row.map(Ticket::try_from).transpose()?)
}
