use tapedeck_domain::port::{NoEntropy, StorageError};

/// Why it is not known who calls.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A key is needed, and none came.
    #[error("a key is needed")]
    Missing,
    /// What came is no key of this server.
    #[error("there is no such key")]
    Unknown,
    /// The time of the key is up.
    #[error("the key has expired")]
    Expired,
    /// The key was taken back.
    #[error("the key was revoked")]
    Revoked,
    /// What came is no ticket that may be used, or not any more.
    #[error("the ticket was used, has expired, or never was")]
    Ticket,
    /// That cannot be found out now.
    #[error("the keys cannot be read")]
    Storage(#[from] StorageError),
}

/// Why keys were not changed, or nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name belongs to another key, or did.
    #[error("a key of this name exists, or did; each name is used once")]
    NameTaken,
    /// It would end before it begins.
    #[error("the key would have expired already, or never")]
    Expiry,
    /// There is no such key.
    #[error("no such key")]
    NotFound,
    /// The system gives no random bits.
    #[error("the system gives no random bits")]
    NoEntropy,
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<NoEntropy> for KeyError {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}
