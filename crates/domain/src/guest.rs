//! Guest strategies: WebAssembly modules that users bring.

mod check;
mod definition;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::strategy::ParamSchema;

pub use check::printable;
pub use definition::{GuestDefinition, StoredModule};

/// Names a module by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleRef {
    /// SHA-256 of its bytes, in hexadecimal.
    pub content_hash: String,
}

impl ModuleRef {
    /// The name of `module`.
    pub fn of(module: &[u8]) -> Self {
        Self { content_hash: hex::encode(Sha256::digest(module)) }
    }
}

/// What a module says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestMetadata {
    /// The version of the guest interface that it speaks.
    pub abi: u32,
    /// How bars are handed to it.
    pub form: GuestForm,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
    /// What it does.
    #[serde(default)]
    pub description: Option<String>,
    /// Its parameters, in the order in which it takes them.
    #[serde(default)]
    pub params: Vec<ParamSchema>,
}

/// How bars are handed to a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestForm {
    /// One a call.
    Single,
    /// Many a call.
    Batch,
}
