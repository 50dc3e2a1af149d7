use tapedeck_domain::port::{InspectError, StorageError};
use tapedeck_domain::strategy::StrategyKind;

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
    /// It is no module.
    #[error("the strategy is no module")]
    NoModule,
    /// What a module is could not be found out.
    #[error(transparent)]
    Inspection(InspectError),
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
    /// It is of another kind than what was sent.
    #[error(
        "the strategy is of kind `{}`, and so is every version of it; choose another name",
        .0.as_str()
    )]
    OtherKind(StrategyKind),
    /// Somebody else changed it.
    #[error("the strategy has moved on: its latest version is {latest}")]
    Moved {
        /// The latest version.
        latest: u32,
    },
}
