//! Who may call the API: access keys, what each of them may do, and tickets that stand in for a
//! key where a browser cannot send one.

mod base62;
mod scope;
mod secret;
mod ticket;

pub use scope::{Scope, UnknownScope};
pub use secret::{KeyText, SecretHash};
pub use ticket::{Ticket, TicketText};

use crate::id::{KeyId, KeyName};
use crate::time::Timestamp;

/// An access key, as it is stored: everything but the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: KeyId,
    /// What people call it, and the audit trail.
    pub name: KeyName,
    /// How its text begins, by which its owner tells it apart from others.
    pub prefix: String,
    /// What is left of its text.
    pub hash: SecretHash,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused, if ever.
    pub expires_at: Option<Timestamp>,
    /// From when on it is refused, since somebody said so.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, give or take some seconds.
    pub last_used_at: Option<Timestamp>,
}

/// Why a key that exists is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// Its time is up.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl AccessKey {
    /// Whether it may be used.
    ///
    /// # Errors
    /// Why not; a key that was revoked is that, even if it has expired since.
    pub fn usable(&self, now: Timestamp) -> Result<(), KeyFault> {
        if self.revoked_at.is_some() {
            return Err(KeyFault::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(KeyFault::Expired),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> AccessKey {
        let text = KeyText::from_random([7; 32]);
        AccessKey {
            id: KeyId::from_uuid(uuid::Uuid::nil()),
            name: "ci".parse().unwrap(),
            prefix: text.prefix().to_owned(),
            hash: text.hash(),
            scope: Scope::Run,
            created_at: Timestamp::from_nanos(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        }
    }

    #[test]
    fn a_key_may_be_used_until_it_expires_or_is_revoked() {
        let at = Timestamp::from_nanos;
        assert_eq!(key().usable(at(i64::MAX)), Ok(()));
        let expiring = AccessKey { expires_at: Some(at(5)), ..key() };
        assert_eq!(expiring.usable(at(4)), Ok(()));
        assert_eq!(expiring.usable(at(5)), Err(KeyFault::Expired));
        let revoked = AccessKey { revoked_at: Some(at(1)), ..expiring };
        assert_eq!(revoked.usable(at(9)), Err(KeyFault::Revoked));
    }
}
