//! Access keys.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::{FaultCode, NewKey};
use tapedeck_domain::access::{AccessKey, Scope};
use tapedeck_domain::id::KeyName;

use super::fields::Faults;
use super::json::{Refusal, from_json};
use super::object::Object;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyBody {
    name: String,
    scope: String,
    expires_in_ms: Option<u64>,
}

/// Ten years.
const LONGEST_MS: u64 = 10 * 366 * 86_400_000;

/// Reads the key that is to be made.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_new_key(body: &[u8]) -> Result<NewKey, Refusal> {
    let Object(KeyBody { name, scope, expires_in_ms }): Object<KeyBody> = from_json(body)?;
    let mut faults = Faults::default();
    let name = name.parse::<KeyName>().map_err(|error| {
        faults.add("/name", FaultCode::Range, error.to_string());
    });
    let scope = scope.parse::<Scope>().map_err(|error| {
        faults.add("/scope", FaultCode::Range, error.to_string());
    });
    if expires_in_ms.is_some_and(|time| !(1..=LONGEST_MS).contains(&time)) {
        faults.add("/expires_in_ms", FaultCode::Range, format!("must be from 1 to {LONGEST_MS}"));
    }
    match (name, scope) {
        (Ok(name), Ok(scope)) if faults.0.is_empty() => {
            Ok(NewKey { name, scope, expires_in: expires_in_ms.map(Duration::from_millis) })
        }
        _ => Err(Refusal::Invalid(faults.0)),
    }
}

/// A key as clients see it: never the key itself.
pub(crate) fn key(key: &AccessKey) -> Value {
    let time = |moment: Option<tapedeck_domain::time::Timestamp>| moment.map(|m| m.to_string());
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scope": key.scope.as_str(),
        "created_at": key.created_at.to_string(),
        "expires_at": time(key.expires_at),
        "revoked_at": time(key.revoked_at),
        "last_used_at": time(key.last_used_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_a_name_and_a_scope_and_may_have_an_end() {
        let new = parse_new_key(br#"{"name":"ci","scope":"run","expires_in_ms":1000}"#).unwrap();
        assert_eq!((new.name.as_str(), new.scope), ("ci", Scope::Run));
        assert_eq!(new.expires_in, Some(Duration::from_secs(1)));
        let new = parse_new_key(br#"{"name":"ci","scope":"read","expires_in_ms":null}"#).unwrap();
        assert_eq!(new.expires_in, None);
        for (body, pointers) in [
            (r#"{"name":"C I","scope":"root"}"#, &["/name", "/scope"][..]),
            (r#"{"name":"ci","scope":"run","expires_in_ms":0}"#, &["/expires_in_ms"]),
            (r#"{"name":"ci","scope":"run","expires_in_ms":-1}"#, &["/expires_in_ms"]),
            (r#"{"name":"ci","scope":"run","key":"td_x"}"#, &["/key"]),
        ] {
            let Err(Refusal::Invalid(faults)) = parse_new_key(body.as_bytes()) else {
                panic!("{body} was accepted");
            };
            let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
            assert_eq!(found, pointers, "{body}");
        }
    }
}
