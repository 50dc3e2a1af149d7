//! Machine code with what its module says of itself, as one piece of bytes.

use tapedeck_domain::guest::GuestMetadata;
use wasmtime::{Engine, Error, Module};

/// How long the description is, little-endian; the description; the code.
const LENGTH: usize = size_of::<u64>();

/// Puts both together.
pub(super) fn write(metadata: &GuestMetadata, code: &[u8]) -> Result<Vec<u8>, String> {
    let description = serde_json::to_vec(metadata).map_err(|error| error.to_string())?;
    let mut artifact = (description.len() as u64).to_le_bytes().to_vec();
    artifact.extend(description);
    artifact.extend(code);
    Ok(artifact)
}

/// Takes them apart and maps the code.
///
/// # Errors
/// When another build made it.
pub(super) fn read(engine: &Engine, artifact: &[u8]) -> Result<(GuestMetadata, Module), String> {
    let torn = || "the compiled module is torn".to_owned();
    let (length, rest) = artifact.split_first_chunk::<LENGTH>().ok_or_else(torn)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| torn())?;
    let (description, code) = rest.split_at_checked(length).ok_or_else(torn)?;
    let metadata = serde_json::from_slice(description).map_err(|error| error.to_string())?;
    let module = map(engine, code).map_err(|error| error.to_string())?;
    Ok((metadata, module))
}

#[expect(unsafe_code, reason = "machine code is taken on trust or not at all")]
fn map(engine: &Engine, code: &[u8]) -> Result<Module, Error> {
    // SAFETY: the code comes from `write`, in this process or in a child that the server started
    // to compile it, over a channel that nobody else can write to; it was not stored where others
    // reach. Wasmtime itself refuses code of another version, target or configuration.
    unsafe { Module::deserialize(engine, code) }
}
