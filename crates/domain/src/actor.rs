//! Who does things.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{KeyName, ParseIdError, RequestId, is_visible_ascii};

/// Who decided something: `anonymous`, `key:NAME`, `cli` or `system:PART`. 1 to 128 visible ASCII
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// A client of a server that has no access keys.
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// Whoever may run this program on this machine.
    pub fn command_line() -> Self {
        Self("cli".to_owned())
    }

    /// A client with the access key of this name.
    pub fn key(name: &KeyName) -> Self {
        Self(format!("key:{name}"))
    }

    /// A part of the server itself, such as `retention`.
    pub fn system(part: &'static str) -> Self {
        Self(format!("system:{part}"))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Actor {
    fn default() -> Self {
        Self::anonymous()
    }
}

impl FromStr for Actor {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = is_visible_ascii(text, 128).then(|| Self(text.to_owned()));
        fits.ok_or(ParseIdError::new("actor", "1 to 128 visible ASCII characters"))
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks for something, and by which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requester {
    /// Who.
    pub actor: Actor,
    /// The request.
    pub request_id: RequestId,
}
