//! Rows of access keys and of tickets.

use diesel::prelude::*;
use tapedeck_domain::access::{AccessKey, SecretHash, Ticket};
use tapedeck_domain::port::StorageError;
use tapedeck_domain::time::Timestamp;

use crate::schema::{access_keys, access_tickets};

/// A key, as it is stored.
#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = access_keys)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct KeyRow {
    pub id: String,
    pub name: String,
    pub prefix: String,
    pub hash: String,
    pub scope: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
    pub last_used_at: Option<i64>,
}

impl From<&AccessKey> for KeyRow {
    fn from(key: &AccessKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name.to_string(),
            prefix: key.prefix.clone(),
            hash: key.hash.to_hex(),
            scope: key.scope.as_str().to_owned(),
            created_at: key.created_at.as_nanos(),
            expires_at: key.expires_at.map(Timestamp::as_nanos),
            revoked_at: key.revoked_at.map(Timestamp::as_nanos),
            last_used_at: key.last_used_at.map(Timestamp::as_nanos),
        }
    }
}

impl TryFrom<KeyRow> for AccessKey {
    type Error = StorageError;

    fn try_from(row: KeyRow) -> Result<Self, StorageError> {
        let corrupt =
            |column: &str| StorageError::corrupt(format!("access_keys.{column} of {}", row.id));
        Ok(Self {
            id: row.id.parse().map_err(|_| corrupt("id"))?,
            name: row.name.parse().map_err(|_| corrupt("name"))?,
            hash: SecretHash::from_hex(&row.hash).ok_or_else(|| corrupt("hash"))?,
            scope: row.scope.parse().map_err(|_| corrupt("scope"))?,
            prefix: row.prefix,
            created_at: Timestamp::from_nanos(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_nanos),
            revoked_at: row.revoked_at.map(Timestamp::from_nanos),
            last_used_at: row.last_used_at.map(Timestamp::from_nanos),
        })
    }
}

/// All keys of so many rows.
///
/// # Errors
/// One cannot be read.
pub fn keys(rows: Vec<KeyRow>) -> Result<Vec<AccessKey>, StorageError> {
    rows.into_iter().map(AccessKey::try_from).collect()
}

/// A ticket, as it is stored.
#[derive(Debug, Clone, Queryable, Insertable, Selectable)]
#[diesel(table_name = access_tickets)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct TicketRow {
    pub hash: String,
    pub key_id: Option<String>,
    pub created_at: i64,
    pub expires_at: i64,
}

impl From<&Ticket> for TicketRow {
    fn from(ticket: &Ticket) -> Self {
        Self {
            hash: ticket.hash.to_hex(),
            key_id: ticket.key.map(|key| key.to_string()),
            created_at: ticket.created_at.as_nanos(),
            expires_at: ticket.expires_at.as_nanos(),
        }
    }
}

impl TryFrom<TicketRow> for Ticket {
    type Error = StorageError;

    fn try_from(row: TicketRow) -> Result<Self, StorageError> {
        let corrupt = |column: &str| StorageError::corrupt(format!("access_tickets.{column}"));
        let key = row.key_id.map(|id| id.parse()).transpose();
        Ok(Self {
            hash: SecretHash::from_hex(&row.hash).ok_or_else(|| corrupt("hash"))?,
            key: key.map_err(|_| corrupt("key_id"))?,
            created_at: Timestamp::from_nanos(row.created_at),
            expires_at: Timestamp::from_nanos(row.expires_at),
        })
    }
}
