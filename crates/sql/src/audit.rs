//! Rows of the audit trail.

use diesel::prelude::*;
use serde_json::Value;
use tapedeck_domain::audit::{AuditEntry, Audited};
use tapedeck_domain::port::StorageError;
use tapedeck_domain::time::Timestamp;

use crate::job::unsigned;
use crate::schema::audit_entries;

/// An entry to be added; the database gives it its place.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = audit_entries)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct NewAuditRow {
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub request_id: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// An entry in its place.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct AuditRow {
    pub seq: i64,
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub request_id: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl From<&AuditEntry> for NewAuditRow {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            at: entry.at.as_nanos(),
            actor: entry.actor.to_string(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            request_id: entry.request_id.as_ref().map(ToString::to_string),
            before: entry.before.as_ref().map(Value::to_string),
            after: entry.after.as_ref().map(Value::to_string),
        }
    }
}

impl TryFrom<AuditRow> for Audited {
    type Error = StorageError;

    fn try_from(row: AuditRow) -> Result<Self, StorageError> {
        let corrupt =
            |column: &str| StorageError::corrupt(format!("audit_entries.{column} of {}", row.seq));
        let json = |column: &str, text: Option<String>| {
            let parsed = text.map(|text| serde_json::from_str(&text)).transpose();
            parsed.map_err(|_| corrupt(column))
        };
        let request_id = row.request_id.map(|id| id.parse()).transpose();
        let entry = AuditEntry {
            at: Timestamp::from_nanos(row.at),
            actor: row.actor.parse().map_err(|_| corrupt("actor"))?,
            action: row.action,
            subject: row.subject,
            request_id: request_id.map_err(|_| corrupt("request_id"))?,
            before: json("before", row.before)?,
            after: json("after", row.after)?,
        };
        Ok(Self { seq: unsigned("audit_entries.seq", row.seq)?, entry })
    }
}
