use serde_json::Value;

use super::AuditEntry;

/// An entry as it is stored, word for word. The chain is made over this and not over what is read
/// from it, so that an entry that nobody can read any more is found, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Nanoseconds since the Unix epoch.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// Of what.
    pub subject: String,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
}

impl From<&AuditEntry> for AuditRecord {
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
