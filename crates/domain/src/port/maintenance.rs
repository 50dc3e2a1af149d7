use async_trait::async_trait;

use super::StorageError;

/// Keeps a database quick, and checks it.
#[async_trait]
pub trait Maintenance: Send + Sync {
    /// Does what the database needs now and then, and says what it did, step by step. A database
    /// that is found damaged is an error.
    async fn maintain(&self) -> Result<Vec<String>, StorageError>;
}
