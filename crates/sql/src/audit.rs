//! Rows of the audit trail.

use diesel::prelude::*;
use tapedeck_domain::audit::{
    AuditEntry, AuditRecord, Audited, ChainHash, Head, Link, Place, Sealed, seal,
};
use tapedeck_domain::port::{StorageError, Tip};
use tapedeck_domain::time::Timestamp;

use crate::job::unsigned;
use crate::schema::{audit_chain, audit_entries};

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
        let AuditRecord { at, actor, action, subject, request_id, before, after } = entry.into();
        Self { at, actor, action, subject, request_id, before, after }
    }
}

impl AuditRow {
    /// The entry with its link of the chain, if it has one. A hash that is none is for the
    /// verification to find; the entry is shown all the same.
    ///
    /// # Errors
    /// The entry cannot be read.
    pub fn listed(self, hash: Option<String>) -> Result<Audited, StorageError> {
        let hash = hash.and_then(|hash| hash.parse().ok());
        Ok(Audited { hash, ..self.try_into()? })
    }

    /// The entry, word for word, and its number.
    ///
    /// # Errors
    /// The number cannot be one.
    pub fn record(self) -> Result<(u64, AuditRecord), StorageError> {
        let Self { seq, at, actor, action, subject, request_id, before, after } = self;
        let record = AuditRecord { at, actor, action, subject, request_id, before, after };
        Ok((unsigned("audit_entries.seq", seq)?, record))
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
        Ok(Self { seq: unsigned("audit_entries.seq", row.seq)?, entry, hash: None })
    }
}

/// A link of the chain.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_chain)]
#[expect(missing_docs, reason = "columns are described in the migrations")]
pub struct LinkRow {
    pub position: i64,
    pub entry_seq: i64,
    pub anchor: i64,
    pub sealed_at: i64,
    pub hash: String,
}

impl From<Link> for LinkRow {
    fn from(Link { place, hash }: Link) -> Self {
        let Place { position, seq, anchor, sealed_at } = place;
        Self {
            position: position.cast_signed(),
            entry_seq: seq.cast_signed(),
            anchor: anchor.cast_signed(),
            sealed_at: sealed_at.as_nanos(),
            hash: hash.to_string(),
        }
    }
}

impl From<LinkRow> for Link {
    /// Whatever somebody wrote into the row, it has a place: numbers keep their bits, and a hash
    /// that is none becomes one that nothing has. It is for the verification to say what is wrong.
    fn from(row: LinkRow) -> Self {
        let place = Place {
            position: row.position.cast_unsigned(),
            seq: row.entry_seq.cast_unsigned(),
            anchor: row.anchor.cast_unsigned(),
            sealed_at: Timestamp::from_nanos(row.sealed_at),
        };
        Self { place, hash: row.hash.parse().unwrap_or(ChainHash::GENESIS) }
    }
}

impl LinkRow {
    /// The link with its entry, if that is there.
    ///
    /// # Errors
    /// The entry's number cannot be one.
    pub fn sealed(self, entry: Option<AuditRow>) -> Result<Sealed, StorageError> {
        let record = entry.map(AuditRow::record).transpose()?.map(|(_, record)| record);
        Ok(Sealed { link: self.into(), record })
    }
}

/// What is known of the end of the chain.
pub fn tip(last: Option<LinkRow>, waiting: bool) -> Tip {
    let last = last.map(Link::from);
    Tip {
        head: last.map_or(Head::GENESIS, Head::from),
        anchor: last.map_or(0, |link| link.place.anchor),
        waiting,
    }
}

/// Rows of the links that follow `head`, one for each of the entries.
///
/// # Errors
/// An entry's number cannot be one.
pub fn link_rows(
    head: Head,
    entries: Vec<AuditRow>,
    now: Timestamp,
) -> Result<Vec<LinkRow>, StorageError> {
    let records = entries.into_iter().map(AuditRow::record);
    let records: Vec<(u64, AuditRecord)> = records.collect::<Result<_, _>>()?;
    let links = seal(head, records.iter().map(|(seq, record)| (*seq, record)), now);
    Ok(links.into_iter().map(LinkRow::from).collect())
}
