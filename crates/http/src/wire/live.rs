//! What can be changed while the server runs: flags and the log level.

use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::{FlagView, LogLevelView};
use tapedeck_domain::flag::FlagDeclaration;

use super::json::{Refusal, from_json};
use super::object::Object;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagBody {
    value: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelBody {
    level: String,
}

/// Reads what a flag is to be.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_flag(body: &[u8]) -> Result<bool, Refusal> {
    let Object(FlagBody { value }): Object<FlagBody> = from_json(body)?;
    Ok(value)
}

/// Reads what is to be logged.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_log_level(body: &[u8]) -> Result<String, Refusal> {
    let Object(LevelBody { level }): Object<LevelBody> = from_json(body)?;
    Ok(level)
}

/// A flag as clients see it.
pub(crate) fn flag(FlagView { flag, value, source, set }: &FlagView) -> Value {
    let FlagDeclaration { key, kind, default, owner, description } = flag.declaration();
    json!({
        "key": key,
        "value": value,
        "kind": kind.as_str(),
        "default": default,
        "description": description,
        "owner": owner,
        "source": source.as_str(),
        "set_at": set.as_ref().map(|set| set.at.to_string()),
        "set_by": set.as_ref().map(|set| &set.by),
    })
}

/// The log level as clients see it.
pub(crate) fn log_level(view: &LogLevelView) -> Value {
    let LogLevelView { level, source, configured, set } = view;
    json!({
        "level": level,
        "source": source,
        "configured": configured,
        "set_at": set.as_ref().map(|set| set.at.to_string()),
        "set_by": set.as_ref().map(|set| &set.by),
    })
}
