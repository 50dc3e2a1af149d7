use super::StorageError;
use crate::table::Table;

/// Writes tables in a columnar file format, for data frames and databases.
pub trait TableEncoder: Send + Sync {
    /// The table as a file. Equal tables give equal bytes.
    fn encode(&self, table: &Table) -> Result<Vec<u8>, StorageError>;
}
