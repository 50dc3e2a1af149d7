use tapedeck_domain::port::StorageError;

use crate::request::FieldFault;

/// Why nothing was done with a strategy. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StrategyError {
    /// It is not valid; every fault is listed.
    #[error("the strategy is not valid")]
    Invalid(Vec<FieldFault>),
    /// There is none of this name, or it was removed.
    #[error("no such strategy")]
    NotFound,
    /// It has no such version.
    #[error("the strategy has versions 1 to {latest}")]
    NoSuchVersion {
        /// The latest one.
        latest: u32,
    },
    /// It cannot be done with this strategy as it is.
    #[error(transparent)]
    Conflict(#[from] StrategyConflict),
    /// A store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What stands against a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StrategyConflict {
    /// It came with the server.
    #[error("a strategy of this name came with the server; it cannot be taken, changed or removed")]
    BuiltIn,
    /// The name means something else.
    #[error("the server keeps this name for itself; choose another")]
    Reserved,
    /// The name was used before.
    #[error("the name is or was in use, and names are never used again; choose another")]
    Taken,
    /// Somebody else changed it.
    #[error("the strategy has moved on: its latest version is {latest}")]
    Moved {
        /// The latest version.
        latest: u32,
    },
}
