//! The playback channel: a WebSocket, or its frames as server-sent events.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::events::{ResumeHeader, ResumeParam};
use super::paging::{BacktestPath, ServerSentEvent};
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("open_playback", &[Code::MalformedRequest, Code::Forbidden, Code::Unavailable]),
    (
        "stream_playback",
        &[
            Code::ValidationError,
            Code::OutOfRange,
            Code::BacktestNotFound,
            Code::ArtifactNotFound,
            Code::NotReady,
            Code::Unavailable,
        ],
    ),
];

/// What a client may send: `t` says which members count. Others are ignored, and echoed.
#[derive(ToSchema)]
#[schema(example = json!({"t": "ctrl", "cmd": "seek", "pos": "2008-09-15", "req": 1}))]
pub(super) struct ClientMessage {
    t: ClientKind,
    /// Of a `ctrl`.
    #[schema(required = false, inline)]
    cmd: PlaybackCommand,
    /// Of `seek`: a bar index from 0, or a time, which snaps to the nearest bar.
    pos: Option<Value>,
    /// Of `speed`: a year of bars takes 3600 / `val` seconds.
    #[schema(required = false, minimum = 0.0001, maximum = 1_000_000)]
    val: f64,
    /// Comes back with the echo, or with the error.
    req: Option<Value>,
    /// Of `resume`: go on after this frame.
    #[schema(required = false)]
    seq: u64,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ClientKind {
    Ctrl,
    Resume,
    Hb,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum PlaybackCommand {
    Play,
    Pause,
    Step,
    Seek,
    Speed,
}

/// What the server sends. A valid `ctrl` comes back as it was sent, with `"echo": true`.
#[derive(ToSchema)]
#[schema(example = json!({
    "t": "frame", "seq": 9, "i": 4, "ts": "2004-01-08T00:00:00Z",
    "ohlc": {"o": 11.4, "h": 11.85, "l": 11.35, "c": 11.7, "v": 14_380_000},
    "orders": [], "fills": [], "equity": 100_000, "position": 0, "dropped": 0,
}))]
pub(super) struct ServerMessage {
    t: ServerKind,
    /// The rest goes by `t`.
    #[schema(inline)]
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// `hello` at once; `state` after each change; `frame` for the bars that are due, folded together
/// when they are many; `status` and `progress` until the run has ended; `hb` when nothing else was
/// sent for 5 s; `end` after the last bar; `err` for what cannot be done.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ServerKind {
    Hello,
    Ctrl,
    State,
    Frame,
    Status,
    Progress,
    Hb,
    End,
    Err,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct StreamParams {
    /// A year of bars takes 3600 / `speed` seconds.
    #[param(required = false, minimum = 0.0001, maximum = 1_000_000, default = 60)]
    speed: f64,
    /// Where to begin: a bar index from 0, or a time, which snaps to the nearest bar.
    #[param(required = false, example = "2008-09-15")]
    from: String,
}

/// Play a run back over a WebSocket
///
/// Text frames, one JSON object each: `ClientMessage` up, `ServerMessage` down. An unknown run is
/// told with `err` `RUN_NOT_FOUND` and closed with 4404. A server that stops sends `status` with
/// `"closing": true` and `resume`, the number of the last frame, and closes with 1001. Other close
/// codes: 1000 end, 1008 not authorised, 1009 too big, 1013 overload.
#[utoipa::path(get, path = "/api/v1/backtests/{id}/ws", tag = "playback", params(BacktestPath),
    responses((status = 101, description = "The connection is a WebSocket from here on.")),
)]
pub(super) fn open_playback() {}

/// Play a run back as server-sent events
///
/// The frames of the WebSocket: `event: frame` with `id: seq`, and `event: end` after the last. A
/// server that stops says `event: closing` with `{"reason": "shutdown", "last_event_id": N}`: who
/// connects again with that id goes on after the last frame.
#[utoipa::path(get, path = "/api/v1/backtests/{id}/stream", tag = "playback", params(BacktestPath, StreamParams, ResumeParam, ResumeHeader),
    responses((status = 200, description = "The `data` of each event is a `ServerMessage`.", body = ServerSentEvent, content_type = "text/event-stream")),
)]
pub(super) fn stream_playback() {}
