//! The queue as a whole.

use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::{FaultCode, QueueView};
use tapedeck_domain::port::Pause;

use super::fields::Faults;
use super::json::{Refusal, from_json};
use super::object::Object;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PauseBody {
    reason: Option<String>,
}

/// Characters of a reason, at most.
const REASON_LENGTH: usize = 500;

/// Reads why the queue is to be paused; no body, or `null`, is no reason.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_pause(body: &[u8]) -> Result<Option<String>, Refusal> {
    if matches!(body.trim_ascii(), b"" | b"null") {
        return Ok(None);
    }
    let Object(PauseBody { reason }): Object<PauseBody> = from_json(body)?;
    let mut faults = Faults::default();
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_LENGTH) {
        faults.add("/reason", FaultCode::Range, format!("at most {REASON_LENGTH} characters"));
    }
    if faults.0.is_empty() { Ok(reason) } else { Err(Refusal::Invalid(faults.0)) }
}

/// The queue as clients see it.
pub(crate) fn queue(QueueView { status, limit, at }: &QueueView) -> Value {
    json!({
        "paused": status.pause.is_some(),
        "pause": status.pause.as_ref().map(pause),
        "queued": status.queued,
        "scheduled": status.scheduled,
        "running": status.running,
        "limit": limit,
        "oldest_queued_at": status.oldest.map(|oldest| oldest.to_string()),
        "oldest_wait_ms": status.oldest.map(|oldest| at.millis_since(oldest)),
    })
}

pub(crate) fn pause(Pause { at, by, request_id, reason }: &Pause) -> Value {
    json!({"at": at.to_string(), "by": by, "request_id": request_id, "reason": reason})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_may_be_missing_and_is_short() {
        for (body, reason) in
            [("", None), (" \n", None), ("{}", None), (r#"{"reason":null}"#, None)]
        {
            assert_eq!(parse_pause(body.as_bytes()), Ok(reason), "{body}");
        }
        let said = |n: usize| format!(r#"{{"reason":"{}"}}"#, "ü".repeat(n));
        assert_eq!(parse_pause(said(500).as_bytes()), Ok(Some("ü".repeat(500))));
        for (body, pointer) in
            [(said(501).as_str(), "/reason"), (r#"{"reason":1}"#, "/reason"), ("[]", "")]
        {
            let Err(Refusal::Invalid(faults)) = parse_pause(body.as_bytes()) else {
                panic!("{body} was accepted");
            };
            assert_eq!(faults[0].pointer, pointer, "{body}");
        }
        assert!(matches!(parse_pause(b"{"), Err(Refusal::NotJson(_))));
    }
}
