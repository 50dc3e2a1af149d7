//! JSON-RPC 2.0, as the Model Context Protocol has it: one message a body, never a batch.

use rmcp::model::{JsonObject, RequestId};
use serde::de::IgnoredAny;
use serde_json::Value;

/// What a client sent.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// To be answered.
    Request(Request),
    /// Not to be answered.
    Notification,
    /// An answer, to a question that this server never asks.
    Answer,
}

/// A request.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub(super) id: RequestId,
    pub(super) method: String,
    pub(super) params: JsonObject,
}

/// Why a body is no message.
#[derive(Debug, PartialEq)]
pub(super) enum Unreadable {
    /// It is no JSON, or not UTF-8.
    NotJson(String),
    /// It is JSON, and no message; whose answer this would be, as far as that can be told.
    NoMessage { id: Option<RequestId>, why: &'static str },
}

const BATCH: &str = "batches are not taken: send one message a request";
const NO_OBJECT: &str = "a message is an object";
const VERSION: &str = "`jsonrpc` must be \"2.0\"";
const NO_ID: &str = "`id` must be a text or a whole number";
const NO_METHOD: &str = "`method` must be a text, or there must be a `result` or an `error`";
const NO_PARAMS: &str = "`params` must be an object";
const TOO_MUCH: &str = "nested too deep, or with a number that is too large";

/// Reads the body of a request.
pub(super) fn read(body: &[u8]) -> Result<Message, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotJson("not UTF-8".into()))?;
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| Unreadable::NotJson(error.to_string()))?;
    let no_message = |why| Unreadable::NoMessage { id: None, why };
    match serde_json::from_str(text).map_err(|_| no_message(TOO_MUCH))? {
        Value::Object(object) => message(object),
        Value::Array(_) => Err(no_message(BATCH)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(no_message(NO_OBJECT))
        }
    }
}

fn message(mut object: JsonObject) -> Result<Message, Unreadable> {
    let id = object.remove("id").map(|id| serde_json::from_value::<RequestId>(id).ok());
    let refuse = |why| Unreadable::NoMessage { id: id.clone().flatten(), why };
    if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(refuse(VERSION));
    }
    let Some(Value::String(method)) = object.remove("method") else {
        let answers = object.contains_key("result") || object.contains_key("error");
        return if answers { Ok(Message::Answer) } else { Err(refuse(NO_METHOD)) };
    };
    let params = match object.remove("params") {
        None => JsonObject::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return Err(refuse(NO_PARAMS)),
    };
    match id {
        None => Ok(Message::Notification),
        Some(None) => Err(refuse(NO_ID)),
        Some(Some(id)) => Ok(Message::Request(Request { id, method, params })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let request = read(br#"{"jsonrpc": "2.0", "id": "a", "method": "ping"}"#).unwrap();
        let Message::Request(request) = request else { panic!("{request:?}") };
        assert_eq!((request.method.as_str(), request.params.len()), ("ping", 0));
        assert_eq!(request.id, RequestId::String("a".into()));
        let notification = read(br#"{"jsonrpc": "2.0", "method": "x", "params": {}}"#);
        assert_eq!(notification, Ok(Message::Notification));
        assert_eq!(read(br#"{"jsonrpc": "2.0", "id": 1, "result": {}}"#), Ok(Message::Answer));
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_reason() {
        let deep = "[".repeat(500) + &"]".repeat(500);
        for (body, id, why) in [
            ("[]", None, BATCH),
            (r#"[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]"#, None, BATCH),
            ("null", None, NO_OBJECT),
            ("1e999", None, TOO_MUCH),
            (deep.as_str(), None, TOO_MUCH),
            ("{}", None, VERSION),
            (r#"{"id": 7, "method": "ping"}"#, Some(7), VERSION),
            (r#"{"jsonrpc": 2.0, "id": 7, "method": "ping"}"#, Some(7), VERSION),
            (r#"{"jsonrpc": "2.0", "id": 7}"#, Some(7), NO_METHOD),
            (r#"{"jsonrpc": "2.0", "id": 7, "method": 1}"#, Some(7), NO_METHOD),
            (r#"{"jsonrpc": "2.0", "id": null, "method": "ping"}"#, None, NO_ID),
            (r#"{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}"#, None, NO_ID),
            (r#"{"jsonrpc": "2.0", "id": {}, "method": "ping"}"#, None, NO_ID),
            (r#"{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": []}"#, Some(7), NO_PARAMS),
            (
                r#"{"jsonrpc": "2.0", "id": 7, "method": "ping", "params": null}"#,
                Some(7),
                NO_PARAMS,
            ),
        ] {
            let id = id.map(RequestId::Number);
            assert_eq!(read(body.as_bytes()), Err(Unreadable::NoMessage { id, why }), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_that() {
        for body in [&b""[..], b"{", b"{} {}", b"\xff", b"{\"jsonrpc\": '2.0'}", b"\0"] {
            assert!(matches!(read(body), Err(Unreadable::NotJson(_))), "{body:?}");
        }
    }
}
