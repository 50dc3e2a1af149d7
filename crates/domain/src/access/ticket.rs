use std::fmt;
use std::time::Duration;

use super::secret::{SecretHash, is_secret, secret};
use crate::id::KeyId;
use crate::time::Timestamp;

/// Stands in for a key in the address of one socket or one stream, which browsers open without
/// headers. It is worth nothing when it shows up in a log: it was used by then, or has expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What is kept of its text.
    pub hash: SecretHash,
    /// The key that asked for it; `None` where there are no keys.
    pub key: Option<KeyId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

impl Ticket {
    /// How long one is good for: long enough to open a socket with it.
    pub const LIFE: Duration = Duration::from_secs(30);
}

/// The text of a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketText(String);

impl TicketText {
    /// How every ticket begins.
    pub const MARK: &'static str = "tk_";

    /// Of 256 random bits.
    pub fn from_random(bits: [u8; 32]) -> Self {
        Self(secret(Self::MARK, bits))
    }

    /// A ticket that somebody sent; `None` when no ticket looks like this.
    pub fn parse(text: &str) -> Option<Self> {
        is_secret(text, Self::MARK).then(|| Self(text.to_owned()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }

    /// The text itself: for whoever asked for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TicketText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::KeyText;

    #[test]
    fn a_ticket_is_no_key_and_a_key_no_ticket() {
        let (ticket, key) = (TicketText::from_random([1; 32]), KeyText::from_random([1; 32]));
        assert_eq!(TicketText::parse(ticket.expose()), Some(ticket.clone()));
        assert!(KeyText::parse(ticket.expose()).is_none());
        assert!(TicketText::parse(key.expose()).is_none());
        assert!(!format!("{ticket:?}").contains(ticket.expose()));
    }
}
