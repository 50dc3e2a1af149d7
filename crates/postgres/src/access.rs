//! Access keys and tickets.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
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

/// The access keys and tickets in a database on a server.
pub struct PostgresAccess(pub Database);

#[async_trait]
impl KeyStore for PostgresAccess {
    async fn add(
        &self,
        key: AccessKey,
        entry: AuditEntry,
    ) -> Result<Result<(), NameTaken>, StorageError> {
        let add = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| add(conn, &key, &entry).await).await
        };
        Ok(self.0.run(add).await?)
    }

    async fn all(&self) -> Result<Vec<AccessKey>, StorageError> {
        let query = access_keys::table.order((access_keys::created_at, access_keys::id));
        let query = query.select(KeyRow::as_select());
        keys(self.0.run(async |conn| query.load(conn).await).await.map_err(Fault::from)?)
    }

    async fn revoke(
        &self,
        id: KeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<Revoked, StorageError> {
        let id = id.to_string();
        let revoke = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| revoke(conn, &id, at, &entry).await).await
        };
        Ok(self.0.run(revoke).await?)
    }

    async fn touch(&self, mut uses: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        // In the same order in every process, so that none waits for another in a circle.
        uses.sort();
        let touch = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| touch(conn, &uses).await).await
        };
        Ok(self.0.run(touch).await?)
    }
}

async fn add(
    conn: &mut AsyncPgConnection,
    key: &AccessKey,
    entry: &AuditEntry,
) -> Result<Result<(), NameTaken>, Fault> {
    let new = diesel::insert_into(access_keys::table).values(KeyRow::from(key));
    if new.on_conflict_do_nothing().execute(conn).await? == 0 {
        return Ok(Err(NameTaken));
    }
    audit(conn, std::iter::once(entry)).await?;
    Ok(Ok(()))
}

async fn revoke(
    conn: &mut AsyncPgConnection,
    id: &str,
    at: Timestamp,
    entry: &AuditEntry,
) -> Result<Revoked, Fault> {
    let valid = access_keys::table.find(id).filter(access_keys::revoked_at.is_null());
    let moment = access_keys::revoked_at.eq(at.as_nanos());
    if diesel::update(valid).set(moment).execute(conn).await? > 0 {
        audit(conn, std::iter::once(entry)).await?;
        return Ok(Revoked::Now);
    }
    let found: i64 = access_keys::table.find(id).count().get_result(conn).await?;
    Ok(if found > 0 { Revoked::Before } else { Revoked::NotFound })
}

async fn touch(conn: &mut AsyncPgConnection, uses: &[(KeyId, Timestamp)]) -> Result<(), Fault> {
    for (id, at) in uses {
        let earlier = access_keys::last_used_at.is_null();
        let earlier = earlier.or(access_keys::last_used_at.lt(at.as_nanos()));
        let key = access_keys::table.find(id.to_string()).filter(earlier);
        let used = access_keys::last_used_at.eq(at.as_nanos());
        diesel::update(key).set(used).execute(conn).await?;
    }
    Ok(())
}

#[async_trait]
impl TicketStore for PostgresAccess {
    async fn put(&self, ticket: Ticket) -> Result<(), StorageError> {
        let put = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| put(conn, &ticket).await).await
        };
        Ok(self.0.run(put).await?)
    }

    async fn take(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StorageError> {
        // Of several who delete it, one is told what it was.
        let ticket = access_tickets::table.find(hash.to_hex());
        let ticket = ticket.filter(access_tickets::expires_at.gt(now.as_nanos()));
        let query = diesel::delete(ticket).returning(TicketRow::as_returning());
        let row = self.0.run(async |conn| query.get_result(conn).await.optional()).await;
        row.map_err(Fault::from)?.map(Ticket::try_from).transpose()
    }
}

async fn put(conn: &mut AsyncPgConnection, ticket: &Ticket) -> Result<(), Fault> {
    let created = ticket.created_at.as_nanos();
    let old = access_tickets::table.filter(access_tickets::expires_at.le(created));
    diesel::delete(old).execute(conn).await?;
    let new = diesel::insert_into(access_tickets::table).values(TicketRow::from(ticket));
    new.execute(conn).await?;
    Ok(())
}
