//! JSON documents in text columns, with the version of their shape.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tapedeck_domain::port::StorageError;

/// The shape that this build writes. It reads every shape up to this one.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document<T> {
    v: u32,
    data: T,
}

/// Writes a document.
pub(crate) fn write<T: Serialize>(data: &T) -> Result<String, StorageError> {
    serde_json::to_string(&Document { v: VERSION, data }).map_err(StorageError::corrupt)
}

/// Reads a document; `what` names it in the error.
pub(crate) fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, StorageError> {
    let corrupt = |error| StorageError::corrupt(format!("{what}: {error}"));
    let document: Document<T> = serde_json::from_str(text).map_err(corrupt)?;
    if document.v > VERSION {
        let newer = format!("{what}: written by a newer build (shape {})", document.v);
        return Err(StorageError::corrupt(newer));
    }
    Ok(document.data)
}
