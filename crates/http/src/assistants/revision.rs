//! Which revision of the protocol a request is written in. Those until 2025-11-25 agree on one
//! in a handshake and repeat it in a header; those since 2026-07-28 have no handshake, and say it
//! in every message and in a header.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use base64::Engine as _;
use rmcp::model::{ErrorData, JsonObject, ProtocolVersion, RequestMetaObject};
use serde_json::Value;

use super::message::Request;

/// The revisions that are spoken, the oldest first.
pub(super) const SPOKEN: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// The revision of one request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Revision(ProtocolVersion);

/// A request that is not understood, before anything was done.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) error: ErrorData,
}

impl Revision {
    /// Whether every message speaks for itself.
    pub(super) fn is_stateless(&self) -> bool {
        !self.0.has_initialize()
    }
}

/// The answer to the revision that a client would like to speak: that one, or else the newest
/// that has a handshake.
pub(super) fn negotiated(wanted: &ProtocolVersion) -> ProtocolVersion {
    let known = SPOKEN.contains(wanted) && wanted.has_initialize();
    if known { wanted.clone() } else { ProtocolVersion::V_2025_11_25 }
}

/// The revision of a request, of which everything agrees that should.
pub(super) fn revision(headers: &HeaderMap, request: &Request) -> Result<Revision, Refused> {
    // The handshake is where it is agreed on.
    if request.method == "initialize" {
        return Ok(Revision(ProtocolVersion::V_2025_11_25));
    }
    let header = announced(headers)?;
    let meta = meta(&request.params);
    let in_body = meta.protocol_version();
    let stateless = in_body.is_some()
        || request.method == "server/discover"
        || header.as_ref().is_some_and(|version| !version.has_initialize());
    if !stateless {
        return header.map_or(Ok(Revision(ProtocolVersion::V_2025_03_26)), spoken);
    }
    let missing = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
    if !missing.is_empty() {
        let why = format!("`_meta` lacks or misspells {}", missing.join(" and "));
        return Err(bad(ErrorData::invalid_params(why, None)));
    }
    if header != in_body {
        let why = "the header MCP-Protocol-Version and `_meta` must name the same revision";
        return Err(bad(ErrorData::header_mismatch(why, None)));
    }
    let revision = spoken(in_body.unwrap_or_default())?;
    if revision.is_stateless() {
        mirrored(headers, METHOD, &request.method)?;
        if request.method == "tools/call" {
            let name = request.params.get("name").and_then(Value::as_str).unwrap_or_default();
            mirrored(headers, NAME, name)?;
        }
    }
    Ok(revision)
}

/// The revision that a header names, if it is spoken here; of notifications, too.
pub(super) fn announced(headers: &HeaderMap) -> Result<Option<ProtocolVersion>, Refused> {
    let mut values = headers.get_all(VERSION);
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if values.next().is_some() {
        let why = "the header MCP-Protocol-Version is there twice";
        return Err(bad(ErrorData::header_mismatch(why, None)));
    }
    let version = serde_json::from_value(Value::String(text.to_owned())).unwrap_or_default();
    spoken(version).map(|Revision(version)| Some(version))
}

fn spoken(version: ProtocolVersion) -> Result<Revision, Refused> {
    if SPOKEN.contains(&version) {
        return Ok(Revision(version));
    }
    Err(bad(ErrorData::unsupported_protocol_version(version, SPOKEN)))
}

/// What a message says of itself.
fn meta(params: &JsonObject) -> RequestMetaObject {
    let meta = params.get("_meta").cloned().unwrap_or_default();
    serde_json::from_value(meta).unwrap_or_default()
}

/// Programs on the way look at headers alone, so they must say what the message says.
fn mirrored(headers: &HeaderMap, name: &str, value: &str) -> Result<(), Refused> {
    let mut sent = headers.get_all(name);
    let first = sent.next().and_then(|text| decoded(text.to_str().ok()?));
    if first.as_deref() == Some(value) && sent.next().is_none() {
        return Ok(());
    }
    let why = format!("the header {name} must be there once and say what the message says");
    Err(bad(ErrorData::header_mismatch(why, None)))
}

/// Text that a header cannot hold comes in base64.
fn decoded(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="))
    else {
        return Some(text.to_owned());
    };
    let bytes = base64::engine::general_purpose::STANDARD.decode(inner).ok()?;
    String::from_utf8(bytes).ok()
}

fn bad(error: ErrorData) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, error }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;
    use crate::assistants::message::{Message, read};

    fn request(method: &str, params: &Value) -> Request {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let Message::Request(request) = read(body.to_string().as_bytes()).unwrap() else {
            panic!("{body} is a request");
        };
        request
    }

    fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let value = HeaderValue::from_str(value).unwrap();
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    fn meta(version: &str) -> Value {
        json!({"_meta": {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {},
        }})
    }

    fn code(sent: &[(&'static str, &str)], method: &str, params: &Value) -> i32 {
        let refused = revision(&headers(sent), &request(method, params)).unwrap_err();
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        refused.error.code.0
    }

    #[test]
    fn what_a_header_says_holds_and_silence_means_the_first_one() {
        let list = request("tools/list", &json!({}));
        let of = |sent: &[(&'static str, &str)]| revision(&headers(sent), &list).unwrap().0;
        assert_eq!(of(&[]), ProtocolVersion::V_2025_03_26);
        for version in &SPOKEN[..3] {
            assert_eq!(of(&[(VERSION, version.as_str())]), *version);
        }
        for unknown in ["2024-11-05", "2025-06-17", "2027-01-01", "latest", ""] {
            assert_eq!(code(&[(VERSION, unknown)], "tools/list", &json!({})), -32022, "{unknown}");
        }
        let twice = [(VERSION, "2025-06-18"), (VERSION, "2025-11-25")];
        assert_eq!(code(&twice, "tools/list", &json!({})), -32020);
    }

    #[test]
    fn a_handshake_agrees_on_what_both_speak() {
        let agreed = |wanted: &str| negotiated(&serde_json::from_value(json!(wanted)).unwrap());
        for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
            assert_eq!(agreed(version).as_str(), version);
        }
        for version in ["2024-11-05", "2026-07-28", "1.0", ""] {
            assert_eq!(agreed(version).as_str(), "2025-11-25", "{version}");
        }
    }

    #[test]
    fn a_message_that_speaks_for_itself_must_say_everything_twice() {
        let now = "2026-07-28";
        let all = [(VERSION, now), (METHOD, "tools/list")];
        let list = request("tools/list", &meta(now));
        assert!(revision(&headers(&all), &list).unwrap().is_stateless());
        let call = json!({"name": "rules_schema", "_meta": meta(now)["_meta"]});
        let sent = [(VERSION, now), (METHOD, "tools/call"), (NAME, "=?base64?cnVsZXNfc2NoZW1h?=")];
        assert!(revision(&headers(&sent), &request("tools/call", &call)).is_ok());
        for (sent, method, params, expected) in [
            (&all[..], "tools/list", json!({}), -32602),
            (&all, "tools/list", json!({"_meta": {}}), -32602),
            (&[], "server/discover", json!({}), -32602),
            (&all[1..], "tools/list", meta(now), -32020),
            (&all[..1], "tools/list", meta(now), -32020),
            (&all, "ping", meta(now), -32020),
            (&all, "tools/list", meta("2025-11-25"), -32020),
            (&[(VERSION, now), (METHOD, "tools/call")], "tools/call", call.clone(), -32020),
            (&[(VERSION, now), (METHOD, "tools/call"), (NAME, "x")], "tools/call", call, -32020),
            (&[(VERSION, "2027-01-01")], "tools/list", meta("2027-01-01"), -32022),
        ] {
            assert_eq!(code(sent, method, &params), expected, "{sent:?} {method} {params}");
        }
    }
}
