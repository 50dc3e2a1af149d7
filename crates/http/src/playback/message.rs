//! What a client may say on the playback channel.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::protocol::ErrCode;

/// A message that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ClientMessage {
    /// A command, with the message as it was sent.
    Control { command: Command, sent: Map<String, Value> },
    /// Go on after frame `seq`.
    Resume { seq: u64 },
    /// A sign of life.
    Heartbeat,
}

/// What playback is told to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Command {
    Play,
    Pause,
    Step,
    Seek(Position),
    Speed(f64),
}

/// Where to seek.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Position {
    /// A bar index within the run.
    Bar(u64),
    /// A time, snapped to the nearest bar.
    Time(String),
}

/// A message that was not understood: the socket stays open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) msg: String,
    pub(super) req: Option<Value>,
}

impl Refusal {
    /// The `err` frame for it.
    pub(super) fn to_json(&self) -> Value {
        error(ErrCode::Validation, &self.msg, None, self.req.as_ref())
    }
}

/// An `err` frame.
pub(super) fn error(
    code: ErrCode,
    msg: &str,
    details: Option<Value>,
    req: Option<&Value>,
) -> Value {
    let mut frame = json!({"t": "err", "code": code.as_str(), "msg": msg});
    if let Some(details) = details {
        frame["details"] = details;
    }
    if let Some(req) = req {
        frame["req"] = req.clone();
    }
    frame
}

/// Reads one text frame.
pub(super) fn parse(text: &str) -> Result<ClientMessage, Refusal> {
    let bare = |msg: &str| Refusal { msg: msg.to_owned(), req: None };
    let value: Value = serde_json::from_str(text).map_err(|_| bare("the message is not JSON"))?;
    let Value::Object(sent) = value else { return Err(bare("the message is not a JSON object")) };
    let refuse = |msg: String| Refusal { msg, req: sent.get("req").cloned() };
    match sent.get("t").and_then(Value::as_str) {
        Some("hb") => Ok(ClientMessage::Heartbeat),
        Some("resume") => match sent.get("seq").and_then(Value::as_u64) {
            Some(seq) => Ok(ClientMessage::Resume { seq }),
            None => Err(refuse("`seq` must be a whole number from 0".to_owned())),
        },
        Some("ctrl") => match command(&sent) {
            Ok(command) => Ok(ClientMessage::Control { command, sent }),
            Err(msg) => Err(refuse(msg)),
        },
        _ => Err(refuse("`t` must be one of ctrl, resume, hb".to_owned())),
    }
}

fn command(sent: &Map<String, Value>) -> Result<Command, String> {
    match sent.get("cmd").and_then(Value::as_str) {
        Some("play") => Ok(Command::Play),
        Some("pause") => Ok(Command::Pause),
        Some("step") => Ok(Command::Step),
        Some("seek") => position(sent.get("pos")).map(Command::Seek),
        Some("speed") => speed(sent.get("val")).map(Command::Speed),
        _ => Err("`cmd` must be one of play, pause, step, seek, speed".to_owned()),
    }
}

fn position(pos: Option<&Value>) -> Result<Position, String> {
    pos.and_then(|pos| Position::deserialize(pos).ok())
        .ok_or_else(|| "`pos` must be a bar index from 0 or a time".to_owned())
}

fn speed(val: Option<&Value>) -> Result<f64, String> {
    val.and_then(Value::as_f64)
        .filter(|speed| (0.0001..=1_000_000.0).contains(speed))
        .ok_or_else(|| "`val` must be a number from 0.0001 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_of_a_ctrl_are_kept_for_the_echo() {
        let ClientMessage::Control { command, sent } =
            parse(r#"{"t":"ctrl","cmd":"play","req":7,"color":"red"}"#).unwrap()
        else {
            panic!("not a ctrl")
        };
        assert_eq!(command, Command::Play);
        assert_eq!(sent["color"], "red");
    }

    #[test]
    fn faults_name_what_is_accepted_and_carry_the_request() {
        for (text, part) in [
            ("{", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"t":"nope","req":1}"#, "ctrl, resume, hb"),
            (r#"{"t":"ctrl","cmd":"fly","req":1}"#, "play, pause"),
            (r#"{"t":"ctrl","cmd":"speed","req":1}"#, "0.0001"),
            (r#"{"t":"ctrl","cmd":"speed","val":0,"req":1}"#, "0.0001"),
            (r#"{"t":"ctrl","cmd":"speed","val":"60","req":1}"#, "0.0001"),
            (r#"{"t":"ctrl","cmd":"seek","pos":-1,"req":1}"#, "bar index"),
            (r#"{"t":"ctrl","cmd":"seek","req":1}"#, "bar index"),
            (r#"{"t":"resume","seq":-1,"req":1}"#, "whole number"),
        ] {
            let refusal = parse(text).unwrap_err();
            assert!(refusal.msg.contains(part), "{text}: {}", refusal.msg);
            assert_eq!(refusal.req.is_some(), text.contains("req"), "{text}");
        }
    }
}
