/// Why a store could not do what it was asked, where the caller can only report it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It does not answer, or not in time. Nothing was changed; trying again may help.
    #[error("the store cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It has no room for more. Trying again helps when room was made.
    #[error("the store is full: {what}")]
    Full {
        /// What is full, and how full.
        what: String,
    },
    /// It holds something that this build cannot read. Trying again does not help.
    #[error("stored data cannot be read: {what}")]
    Corrupt {
        /// What, and where.
        what: String,
    },
}

impl StorageError {
    /// From what a driver said.
    pub fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(error.into())
    }

    /// The whole store is away, which its adapter has reported already: once when it went, and
    /// once when it is back. Whoever meets this needs to say no more about it.
    pub fn away(reason: impl std::fmt::Display) -> Self {
        Self::Unavailable(Box::new(Away(reason.to_string())))
    }

    /// Whether that is so.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Unavailable(source) => source.is::<Away>(),
            Self::Full { .. } | Self::Corrupt { .. } => false,
        }
    }

    /// From what a decoder said.
    pub fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt { what: what.to_string() }
    }
}

/// Why a store is away, where that was reported.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Away(String);
