use std::sync::Arc;

use async_trait::async_trait;

use super::StorageError;
use crate::guest::{GuestMetadata, ModuleRef};

/// The modules of guest strategies, by content.
#[async_trait]
pub trait ModuleStore: Send + Sync {
    /// Keeps `module` under its own hash. Keeping the same bytes again changes nothing. When it
    /// returns, the module survives a crash.
    async fn put(&self, module: Arc<[u8]>) -> Result<ModuleRef, StorageError>;

    /// The module of a hash; `None` when it was never kept. Bytes that are not those of the hash
    /// are an error.
    async fn open(&self, module: &ModuleRef) -> Result<Option<Arc<[u8]>>, StorageError>;
}

/// Finds out what a module is, somewhere that does not hurt anybody else.
#[async_trait]
pub trait ModuleInspector: Send + Sync {
    /// What the module says of itself, if it can be run.
    async fn inspect(&self, module: Arc<[u8]>) -> Result<GuestMetadata, InspectError>;
}

/// Why nothing is known of a module.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// It cannot be run, and why not.
    #[error("{0}")]
    Unusable(String),
    /// The inspector itself failed.
    #[error("the module could not be inspected")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
