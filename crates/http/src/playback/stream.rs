//! The same frames as server-sent events, for clients that cannot open sockets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::json;
use tapedeck_application::{DEFAULT_SPEED, Finished, Player, SPEEDS};
use tapedeck_domain::port::Clock;
use tokio_util::sync::CancellationToken;

use super::frame::{Reel, SeekFault};
use super::message::Position;
use crate::extract::{backtest_id, query, stream_seat};
use crate::measure::{self, OpenStream};
use crate::problem::{Code, Problem};
use crate::services::Services;
use crate::sse;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    speed: Option<f64>,
    from: Option<String>,
    last_event_id: Option<String>,
}

/// `GET /backtests/{id}/stream?speed=60&from=`: plays from the start, from a bar or a time, or
/// after the frame that `Last-Event-ID` names.
pub(crate) async fn stream(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = backtest_id(&req)?;
    let query: Query = query(&req)?;
    let seat = stream_seat(&req)?;
    let speed = query.speed.unwrap_or(DEFAULT_SPEED);
    if !SPEEDS.contains(&speed) {
        let detail = "must be from 0.0001 to 1000000";
        return Err(Problem::invalid("query:speed", "range", detail));
    }
    let results = services.results.clone();
    let run = services.read(async move { results.open(id).await }).await?;
    let shared = Arc::clone(&run);
    services.blocking(move || shared.equity().equity.len()).await?;
    let clock = Arc::clone(&services.clock);
    let now = clock.monotonic();
    let mut player = Player::new(run.bars().time);
    player.set_speed(now, speed);
    let mut ready = VecDeque::new();
    start(&req, &query, &run, &mut player, now, &mut ready)?;
    player.play(now);
    let playing = Playing {
        run,
        player,
        clock,
        stop: services.stop.clone(),
        ready,
        ended: false,
        _open: OpenStream::new(measure::PLAYBACK),
    };
    Ok(sse::response(
        seat,
        unfold(playing, |mut playing| async move {
            let event = playing.next().await?;
            Some((event, playing))
        }),
    ))
}

/// Puts the player where the client wants to begin.
fn start(
    req: &HttpRequest,
    query: &Query,
    run: &Finished,
    player: &mut Player,
    now: Duration,
    ready: &mut VecDeque<Bytes>,
) -> Result<(), Problem> {
    let reel = Reel(run);
    if let Some(seq) = sse::last_event_id(req, query.last_event_id.as_deref())? {
        let i = reel.bar(seq).ok_or_else(|| {
            Problem::new(Code::OutOfRange, "no frame of this run has this number")
        })?;
        player.seek(now, i);
        return Ok(());
    }
    let Some(from) = query.from.as_deref().filter(|from| !from.is_empty()) else { return Ok(()) };
    let position = from.parse().map_or_else(|_| Position::Time(from.to_owned()), Position::Bar);
    let i = reel.find(&position).map_err(|fault| match fault {
        SeekFault::Range => Problem::new(Code::OutOfRange, "the position is outside the run"),
        SeekFault::NotATime => {
            Problem::invalid("query:from", "range", "must be a bar index from 0 or a time")
        }
    })?;
    player.seek(now, i);
    ready.push_back(frame(&reel, i..=i));
    Ok(())
}

fn frame(reel: &Reel<'_>, bars: std::ops::RangeInclusive<usize>) -> Bytes {
    let (seq, data) = (reel.seq(*bars.end()), reel.frame(&bars));
    Bytes::from(sse::event("frame", Some(seq), &data))
}

struct Playing {
    run: Arc<Finished>,
    player: Player,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    ready: VecDeque<Bytes>,
    ended: bool,
    _open: OpenStream,
}

impl Playing {
    /// Pulled by the connection: while a client is slow nothing is made, and the bars that fall
    /// due meanwhile are folded into its next frame.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(event) = self.ready.pop_front() {
            return Some(event);
        }
        if self.ended {
            return None;
        }
        let Some(due) = self.player.next_frame() else { return Some(self.end()) };
        let wait = due.saturating_sub(self.clock.monotonic());
        tokio::select! {
            () = self.clock.sleep(wait.min(sse::COMMENT_EVERY)) => {}
            () = self.stop.cancelled() => return Some(self.closing()),
        }
        match self.player.advance(self.clock.monotonic()) {
            Some(bars) => {
                measure::folded(measure::PLAYBACK, &bars);
                measure::frame(measure::PLAYBACK, true);
                Some(frame(&Reel(&self.run), bars))
            }
            None => Some(Bytes::from_static(sse::COMMENT.as_bytes())),
        }
    }

    fn end(&mut self) -> Bytes {
        self.ended = true;
        Bytes::from(sse::event("end", None, &json!({"t": "end"})))
    }

    fn closing(&mut self) -> Bytes {
        self.ended = true;
        Bytes::from(sse::closing(Reel(&self.run).shown(&self.player)))
    }
}
