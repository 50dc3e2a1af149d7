//! The upgrade, and the loop between a socket and its session.

use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{
    AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session,
};
use futures_util::StreamExt as _;
use serde_json::Value;
use tapedeck_domain::port::Signals;
use tracing::Instrument as _;

use super::message::error;
use super::protocol::{Close, ErrCode};
use super::session::Viewing;
use crate::extract::{backtest_id, seat};
use crate::measure::{self, OpenStream};
use crate::problem::{Code, Problem};
use crate::services::Services;

/// Largest message a client may send, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;
/// A heartbeat goes out when nothing else did for so long.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A ping goes out this often, so that a living client is heard of.
const PING: Duration = Duration::from_secs(10);
/// A client that was not heard of for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// `GET /backtests/{id}/ws`: upgrades to the playback channel.
pub(crate) async fn socket(
    req: HttpRequest,
    services: Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let seat = seat(&req);
    let (response, session, stream) = actix_ws::handle(&req, body)
        .map_err(|error| Problem::new(Code::MalformedRequest, error.to_string()))?;
    let messages = stream
        .max_frame_size(MAX_MESSAGE)
        .aggregate_continuations()
        .max_continuation_size(MAX_MESSAGE);
    let id = backtest_id(&req).ok();
    let open = OpenStream::new(measure::SOCKET);
    let work = async move {
        let _open = open;
        let Some(_seat) = seat else { return close(session, Close::TooMany).await };
        let signals = services.inspect.subscribe();
        let viewing = match id {
            Some(id) => Box::pin(Viewing::open(services.get_ref().clone(), id)).await,
            None => Ok(None),
        };
        match viewing {
            Ok(Some(viewing)) => Box::pin(converse(session, messages, viewing, signals)).await,
            Ok(None) => not_found(session).await,
            Err(problem) => {
                problem.log();
                close(session, Close::Unavailable).await;
            }
        }
    };
    actix_web::rt::spawn(work.in_current_span());
    Ok(response)
}

async fn not_found(mut session: Session) {
    let frame = error(ErrCode::RunNotFound, "no backtest has this id", None, None);
    let _ = session.text(frame.to_string()).await;
    close(session, Close::UnknownRun).await;
}

async fn close(session: Session, close: Close) {
    let code = CloseCode::from(close.code());
    let reason = CloseReason { code, description: Some(close.reason().to_owned()) };
    let _ = session.close(Some(reason)).await;
}

/// When the client and the server last spoke.
struct Silence {
    heard: Duration,
    spoke: Duration,
    pinged: Duration,
}

/// Until one side closes.
async fn converse(
    mut session: Session,
    mut messages: AggregatedMessageStream,
    mut viewing: Viewing,
    mut signals: Signals,
) {
    let clock = viewing.clock();
    let stop = viewing.stop();
    let now = clock.monotonic();
    let mut silence = Silence { heard: now, spoke: now, pinged: now };
    if send(&mut session, viewing.hello()).await.is_err() {
        return;
    }
    loop {
        let now = clock.monotonic();
        if now >= silence.heard + SILENCE {
            return close(session, Close::Silent).await;
        }
        let wake = silence.next(viewing.next_frame()).saturating_sub(now);
        let sent = tokio::select! {
            message = messages.next() => {
                silence.heard = clock.monotonic();
                match hear(message, &mut viewing, &mut session).await {
                    Heard::Answer(frames) => send_all(&mut session, frames).await,
                    Heard::Nothing => Ok(0),
                    Heard::Close(why) => return close(session, why).await,
                }
            }
            Some(signal) = signals.next(), if !viewing.is_settled() => {
                let frames = if signal.concerns(viewing.id()) {
                    viewing.look().await
                } else {
                    Vec::new()
                };
                send_all(&mut session, frames).await
            }
            () = clock.sleep(wake) => {
                let frames = viewing.due().await;
                send_all(&mut session, frames).await
            }
            () = stop.cancelled() => {
                let _ = send(&mut session, viewing.closing()).await;
                return close(session, Close::Shutdown).await;
            }
        };
        let now = clock.monotonic();
        let kept = match sent {
            Ok(0) => silence.fill(now, &mut session).await,
            Ok(_) => {
                silence.spoke = now;
                Ok(())
            }
            Err(Closed) => Err(Closed),
        };
        if kept.is_err() {
            return;
        }
    }
}

impl Silence {
    /// When something must be done although nobody spoke.
    fn next(&self, frame: Option<Duration>) -> Duration {
        let pings = self.pinged + PING;
        let wake = (self.spoke + HEARTBEAT).min(pings).min(self.heard + SILENCE);
        frame.map_or(wake, |frame| frame.min(wake))
    }

    /// Sends a heartbeat or a ping where one is due.
    async fn fill(&mut self, now: Duration, session: &mut Session) -> Result<(), Closed> {
        if now >= self.spoke + HEARTBEAT {
            self.spoke = now;
            session.text(r#"{"t":"hb"}"#).await?;
        }
        if now >= self.pinged + PING {
            self.pinged = now;
            session.ping(b"").await?;
        }
        Ok(())
    }
}

/// What a message of the client leads to.
enum Heard {
    Answer(Vec<Value>),
    Nothing,
    Close(Close),
}

async fn hear(
    message: Option<Result<AggregatedMessage, actix_ws::ProtocolError>>,
    viewing: &mut Viewing,
    session: &mut Session,
) -> Heard {
    match message {
        Some(Ok(AggregatedMessage::Text(text))) => Heard::Answer(viewing.hear(&text)),
        Some(Ok(AggregatedMessage::Binary(_))) => {
            let refusal = error(ErrCode::Validation, "only text frames are understood", None, None);
            Heard::Answer(vec![refusal])
        }
        Some(Ok(AggregatedMessage::Ping(bytes))) => {
            let _ = session.pong(&bytes).await;
            Heard::Nothing
        }
        Some(Ok(AggregatedMessage::Pong(_))) => Heard::Nothing,
        Some(Ok(AggregatedMessage::Close(_))) | None => Heard::Close(Close::Normal),
        Some(Err(actix_ws::ProtocolError::Overflow)) => Heard::Close(Close::TooBig),
        Some(Err(_)) => Heard::Close(Close::Protocol),
    }
}

async fn send(session: &mut Session, frame: Value) -> Result<usize, Closed> {
    send_all(session, vec![frame]).await
}

/// Sends frames in order, and says how many there were. Waits for a slow client: bars that fall
/// due meanwhile are folded into its next frame.
async fn send_all(session: &mut Session, frames: Vec<Value>) -> Result<usize, Closed> {
    let count = frames.len();
    for frame in frames {
        let is_frame = frame["t"] == "frame";
        let sent = session.text(frame.to_string()).await;
        if is_frame {
            measure::frame(measure::SOCKET, sent.is_ok());
        }
        sent?;
    }
    Ok(count)
}
