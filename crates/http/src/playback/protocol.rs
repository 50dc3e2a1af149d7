//! The vocabulary of the playback channel: the code and `docs/api/ws-protocol.md` read it here.

use std::fmt::Write as _;

/// Why a message had no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrCode {
    Validation,
    Range,
    RunNotFound,
    NotReady,
}

impl ErrCode {
    const ALL: [Self; 4] = [Self::Validation, Self::Range, Self::RunNotFound, Self::NotReady];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Validation => "VALIDATION",
            Self::Range => "RANGE",
            Self::RunNotFound => "RUN_NOT_FOUND",
            Self::NotReady => "NOT_READY",
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Validation => {
                "Not JSON, not a text frame, an unknown `t` or `cmd`, or a value out of its range. \
                 The socket stays open; the message is not echoed."
            }
            Self::Range => {
                "A position or frame number outside the run; `details` has `min` and `max`. The \
                 socket stays open."
            }
            Self::RunNotFound => "No backtest has this id. The server closes with 4404.",
            Self::NotReady => {
                "The run has not ended, or left nothing to play; `details` has its `status`. The \
                 socket stays open."
            }
        }
    }
}

/// Why the server closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    Normal,
    Silent,
    Protocol,
    TooBig,
    Shutdown,
    Unavailable,
    TooMany,
    UnknownRun,
}

impl Close {
    const ALL: [Self; 8] = [
        Self::Normal,
        Self::Silent,
        Self::Shutdown,
        Self::Protocol,
        Self::TooBig,
        Self::Unavailable,
        Self::TooMany,
        Self::UnknownRun,
    ];

    pub(super) const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Silent | Self::Shutdown => 1001,
            Self::Protocol => 1002,
            Self::TooBig => 1009,
            Self::Unavailable | Self::TooMany => 1013,
            Self::UnknownRun => 4404,
        }
    }

    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "the client closed",
            Self::Silent => "no sign of the client for 30 s, neither message nor pong",
            Self::Protocol => "not a WebSocket message",
            Self::TooBig => "a message larger than 64 KiB",
            Self::Shutdown => "shutdown",
            Self::Unavailable => "a store does not answer; connect again later",
            Self::TooMany => "this client has as many sockets open as it may have",
            Self::UnknownRun => "no backtest has this id",
        }
    }
}

/// A message and what it is for.
type Row = (&'static str, &'static str);

const CLIENT: [Row; 7] = [
    (r#"{"t":"ctrl","cmd":"play"}"#, "Let time pass. At the end, `end` comes again."),
    (r#"{"t":"ctrl","cmd":"pause"}"#, "Stop time."),
    (r#"{"t":"ctrl","cmd":"step"}"#, "Pause, and show the next bar."),
    (
        r#"{"t":"ctrl","cmd":"seek","pos":131}"#,
        "Show a bar, by its index or by a time (snapped to the nearest bar), while paused, too.",
    ),
    (
        r#"{"t":"ctrl","cmd":"speed","val":60}"#,
        "A year of bars takes 3600/val seconds; 0.0001 to 1000000, 60 at first.",
    ),
    (r#"{"t":"resume","seq":3200}"#, "Go on after the frame with this number."),
    (r#"{"t":"hb"}"#, "A sign of life."),
];

const SERVER: [Row; 10] = [
    (
        r#"{"t":"hello","proto":1,"backtest_id":"...","status":"succeeded","bars":3270,"from":"...","to":"...","speed":60,"playing":false}"#,
        "At once.",
    ),
    (
        r#"{"t":"ctrl","cmd":"play","echo":true}"#,
        "Every valid `ctrl` as it was sent, unknown members included, before its effect.",
    ),
    (r#"{"t":"state","playing":true,"speed":60,"i":131,"ts":"..."}"#, "After each change."),
    (
        r#"{"t":"frame","seq":3400,"i":131,"ts":"...","ohlc":{"o":1,"h":1,"l":1,"c":1,"v":1},"orders":[],"fills":[],"equity":100000,"position":0,"dropped":0}"#,
        "A bar. Bars that fall due within a thirtieth of a second, or while the client is slow, \
         are folded into one frame, which carries the orders and fills of all of them. The first \
         frame after a seek shows that bar alone.",
    ),
    (r#"{"t":"status","status":"running"}"#, "While the run has not ended: its new state."),
    (
        r#"{"t":"status","status":"succeeded","closing":true,"reason":"shutdown","resume":3400}"#,
        "The server stops: it closes with 1001. Connect again, to whichever process answers, and \
         send `resume` with this number to go on after the last frame; it is `null` when none was \
         sent.",
    ),
    (
        r#"{"t":"progress","bars_done":1024,"bars_total":3270,"percent":31.31,"sim_time":"..."}"#,
        "While the run has not ended: how far it is.",
    ),
    (r#"{"t":"hb"}"#, "When nothing else was sent for 5 s."),
    (r#"{"t":"end"}"#, "After the last bar. The socket stays open, paused."),
    (r#"{"t":"err","code":"RANGE","msg":"...","details":{},"req":1}"#, "Something had no effect."),
];

/// The text of `docs/api/ws-protocol.md`.
pub fn ws_protocol() -> String {
    let mut text = String::from(
        "# The playback channel\n\n\
         `GET /api/v1/backtests/{id}/ws` upgrades to a WebSocket. Text frames, one JSON object \
         each; `t` is the type. A browser's `Origin` must be the server's own or one of \
         `CORS_ORIGINS`. This page is written from the tables in \
         `crates/http/src/playback/protocol.rs` by `make openapi`.\n\n\
         Any `ctrl` may carry `req`, of any type: it comes back in the echo and in an `err`.\n",
    );
    rows(&mut text, "Client to server", &CLIENT);
    rows(&mut text, "Server to client", &SERVER);
    text.push_str("\n## Error codes\n\n| code | meaning |\n| --- | --- |\n");
    for code in ErrCode::ALL {
        let _ = writeln!(text, "| `{}` | {} |", code.as_str(), code.meaning());
    }
    text.push_str("\n## Close codes\n\n| code | reason |\n| --- | --- |\n");
    for close in Close::ALL {
        let _ = writeln!(text, "| {} | `{}` |", close.code(), close.reason());
    }
    text.push_str(NUMBERS);
    text
}

const NUMBERS: &str = r#"
## Numbers

Bars are paced evenly by their count within the run: nights and weekends take no
time. At most 30 frames a second go out. A frame's `seq` is the number of the last
entry of the run's event log plus 1 plus `i`, so that it means the same in every
process and as the id of a server-sent event.

`GET /api/v1/backtests/{id}/stream?speed=60&from=` sends the same frames as
server-sent events (`event: frame`, `id: seq`, and `event: end` at the end, after
which it closes). It honours `Last-Event-ID` and `?last_event_id=`. When the server stops,
the last event is `event: closing` with `{"reason":"shutdown","last_event_id":3400}`: connect
again with that id, which browsers do by themselves.
"#;

fn rows(text: &mut String, title: &str, rows: &[Row]) {
    let _ = write!(text, "\n## {title}\n");
    for (message, meaning) in rows {
        let _ = write!(text, "\n```json\n{message}\n```\n{meaning}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::parse;
    use super::*;

    #[test]
    fn every_documented_message_of_a_client_is_understood() {
        for (message, _) in CLIENT {
            assert!(parse(message).is_ok(), "{message}");
        }
    }

    #[test]
    fn every_documented_message_of_the_server_is_json_with_a_type() {
        for (message, _) in SERVER {
            let value: serde_json::Value = serde_json::from_str(message).unwrap();
            assert!(value["t"].is_string(), "{message}");
        }
    }

    #[test]
    fn the_document_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/ws-protocol.md");
        let written = std::fs::read_to_string(path).unwrap();
        assert_eq!(written, ws_protocol(), "run `make openapi`");
    }
}
