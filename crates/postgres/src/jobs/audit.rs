use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::audit::Audited;
use tapedeck_domain::port::{AuditFilter, AuditLog, StorageError};
use tapedeck_sql::audit::AuditRow;
use tapedeck_sql::schema::{audit_chain, audit_entries};

use super::PostgresJobs;
use crate::fault::Fault;

#[async_trait]
impl AuditLog for PostgresJobs {
    async fn list(
        &self,
        filter: AuditFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Audited>, StorageError> {
        Ok(self.database.run(async |conn| list(conn, &filter, before, limit).await).await?)
    }
}

async fn list(
    conn: &mut AsyncPgConnection,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Audited>, Fault> {
    let mut query = audit_entries::table
        .left_join(audit_chain::table.on(audit_chain::entry_seq.eq(audit_entries::seq)))
        .select((AuditRow::as_select(), audit_chain::hash.nullable()))
        .into_boxed();
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_entries::actor.eq(actor.as_str().to_owned()));
    }
    if let Some(action) = &filter.action {
        query = query.filter(audit_entries::action.eq(action.clone()));
    }
    if let Some(subject) = &filter.subject {
        query = query.filter(audit_entries::subject.eq(subject.clone()));
    }
    if let Some(request_id) = &filter.request_id {
        query = query.filter(audit_entries::request_id.eq(request_id.to_string()));
    }
    if let Some(since) = filter.since {
        query = query.filter(audit_entries::at.ge(since.as_nanos()));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_entries::at.lt(until.as_nanos()));
    }
    if let Some(before) = before {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        query = query.filter(audit_entries::seq.lt(before));
    }
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = query.order(audit_entries::seq.desc()).limit(limit);
    let rows: Vec<(AuditRow, Option<String>)> = query.load(conn).await?;
    let listed = rows.into_iter().map(|(row, hash)| row.listed(hash));
    Ok(listed.collect::<Result<_, _>>()?)
}
