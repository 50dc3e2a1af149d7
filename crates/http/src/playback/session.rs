//! One viewer: what it is told, and what it asks for.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tapedeck_application::{DEFAULT_SPEED, Finished, Player};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobState, Progress};
use tapedeck_domain::port::Clock;
use tokio_util::sync::CancellationToken;

use super::frame::{Reel, SeekFault, hello};
use super::message::{ClientMessage, Command, Position, error, parse};
use super::protocol::{Close, ErrCode};
use crate::measure;
use crate::problem::Problem;
use crate::services::Services;

/// A viewer of one run.
pub(super) struct Viewing {
    services: Services,
    job: Backtest,
    /// There as soon as the run has ended and left something to play.
    reel: Option<(Arc<Finished>, Player)>,
}

/// Frames to be sent.
pub(super) type Frames = Vec<Value>;

impl Viewing {
    /// `None` when there is no such run.
    pub(super) async fn open(services: Services, id: BacktestId) -> Result<Option<Self>, Problem> {
        let Some(job) = find(&services, id).await? else { return Ok(None) };
        let mut viewing = Self { services, job, reel: None };
        viewing.load().await;
        Ok(Some(viewing))
    }

    pub(super) fn id(&self) -> BacktestId {
        self.job.id
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.services.clock)
    }

    pub(super) fn stop(&self) -> CancellationToken {
        self.services.stop.clone()
    }

    pub(super) fn hello(&self) -> Value {
        hello(&self.job, DEFAULT_SPEED)
    }

    /// The last word before the server stops: where to go on elsewhere.
    pub(super) fn closing(&self) -> Value {
        json!({
            "t": "status",
            "status": self.job.state.status().as_str(),
            "closing": true,
            "reason": Close::Shutdown.reason(),
            "resume": self.reel.as_ref().and_then(|(run, player)| Reel(run).shown(player)),
        })
    }

    /// Whether the run has ended, so that its state is of no further interest.
    pub(super) fn is_settled(&self) -> bool {
        self.job.state.status().is_terminal()
    }

    /// When the next frame goes out, if one does.
    pub(super) fn next_frame(&self) -> Option<Duration> {
        self.reel.as_ref()?.1.next_frame()
    }

    /// The frame that is due, and the end where it is one.
    pub(super) async fn due(&mut self) -> Frames {
        if self.reel.is_none() && !self.is_settled() {
            // Changes by other processes may not be signalled.
            return self.look().await;
        }
        let now = self.services.clock.monotonic();
        let Some((run, player)) = &mut self.reel else { return Vec::new() };
        let Some(bars) = player.advance(now) else { return Vec::new() };
        measure::folded(measure::SOCKET, &bars);
        let mut frames = vec![Reel(run).frame(&bars)];
        if player.is_at_end() {
            frames.extend([json!({"t": "end"}), Reel(run).state(player)]);
        }
        frames
    }

    /// Looks how far the run is, and says what is new.
    pub(super) async fn look(&mut self) -> Frames {
        let Ok(Some(found)) = find(&self.services, self.job.id).await else { return Vec::new() };
        let before = std::mem::replace(&mut self.job, found);
        let mut frames = Vec::new();
        if before.state.status() != self.job.state.status() {
            let status = self.job.state.status().as_str();
            frames.push(json!({"t": "status", "status": status}));
        }
        if let JobState::Running { progress, .. } = &self.job.state
            && progress.bars_done > 0
        {
            frames.push(progress_frame(progress));
        }
        if self.is_settled() {
            self.load().await;
        }
        frames
    }

    /// Answers a message: the echo of a command comes before its effect.
    pub(super) fn hear(&mut self, text: &str) -> Frames {
        match parse(text) {
            Ok(ClientMessage::Heartbeat) => Vec::new(),
            Ok(ClientMessage::Resume { seq }) => self.resume(seq),
            Ok(ClientMessage::Control { command, sent }) => self.control(&command, sent),
            Err(refusal) => vec![refusal.to_json()],
        }
    }

    fn control(&mut self, command: &Command, sent: Map<String, Value>) -> Frames {
        let req = sent.get("req").cloned();
        let effect = self.effect(command);
        if let Err(Fault { code: ErrCode::Validation, msg, details }) = &effect {
            return vec![error(ErrCode::Validation, msg, details.clone(), req.as_ref())];
        }
        let mut echo = sent;
        echo.insert("echo".to_owned(), Value::Bool(true));
        let mut frames = vec![Value::Object(echo)];
        match effect {
            Ok(effect) => frames.extend(effect),
            Err(Fault { code, msg, details }) => {
                frames.push(error(code, msg, details, req.as_ref()));
            }
        }
        frames
    }

    fn effect(&mut self, command: &Command) -> Result<Frames, Fault> {
        let now = self.services.clock.monotonic();
        let Some((run, player)) = &mut self.reel else { return Err(Fault::not_ready(&self.job)) };
        let reel = Reel(run);
        let mut frames = Vec::new();
        match command {
            Command::Play if player.is_at_end() => frames.push(json!({"t": "end"})),
            Command::Play => player.play(now),
            Command::Pause => player.pause(),
            Command::Speed(speed) => player.set_speed(now, *speed),
            Command::Step => match player.step(now) {
                Some(i) => {
                    frames.push(reel.frame(&(i..=i)));
                    frames.extend(player.is_at_end().then(|| json!({"t": "end"})));
                }
                None => frames.push(json!({"t": "end"})),
            },
            Command::Seek(position) => {
                let i = seek(&reel, position)?;
                player.seek(now, i);
                frames.push(reel.frame(&(i..=i)));
            }
        }
        frames.push(reel.state(player));
        Ok(frames)
    }

    /// Goes on after the frame that the client saw last.
    fn resume(&mut self, seq: u64) -> Frames {
        let now = self.services.clock.monotonic();
        let Some((run, player)) = &mut self.reel else {
            let Fault { code, msg, details } = Fault::not_ready(&self.job);
            return vec![error(code, msg, details, None)];
        };
        let reel = Reel(run);
        let Some(i) = reel.bar(seq) else {
            let last = run.bars().len() - 1;
            let details = json!({"min": reel.seq(0), "max": reel.seq(last)});
            return vec![error(ErrCode::Range, "no frame has this number", Some(details), None)];
        };
        player.seek(now, i);
        vec![reel.state(player)]
    }

    /// Loads what the run left, once it has ended.
    async fn load(&mut self) {
        if self.reel.is_some() || !self.is_settled() {
            return;
        }
        let (results, id) = (self.services.results.clone(), self.job.id);
        let Ok(run) = self.services.read(async move { results.open(id).await }).await else {
            return;
        };
        // Replaying the fills takes time in proportion to the bars: not on this thread.
        let shared = Arc::clone(&run);
        let replayed = self.services.unhurried(move || shared.equity().equity.len()).await;
        if replayed.is_ok_and(|bars| bars > 0) {
            let player = Player::new(run.bars().time);
            self.reel = Some((run, player));
        }
    }
}

async fn find(services: &Services, id: BacktestId) -> Result<Option<Backtest>, Problem> {
    let inspect = services.inspect.clone();
    services.read(async move { inspect.find(id).await }).await
}

fn progress_frame(progress: &Progress) -> Value {
    let share = progress.bars_done as f64 / progress.bars_total.max(1) as f64;
    json!({
        "t": "progress",
        "bars_done": progress.bars_done,
        "bars_total": progress.bars_total,
        "percent": (share * 10_000.0).round() / 100.0,
        "sim_time": progress.sim_time.map(|time| time.to_string()),
    })
}

/// Why a command has no effect.
struct Fault {
    code: ErrCode,
    msg: &'static str,
    details: Option<Value>,
}

impl Fault {
    fn not_ready(job: &Backtest) -> Self {
        let msg = if job.state.status().is_terminal() {
            "the run left nothing to play"
        } else {
            "the run has not ended"
        };
        let details = Some(json!({"status": job.state.status().as_str()}));
        Self { code: ErrCode::NotReady, msg, details }
    }
}

fn seek(reel: &Reel<'_>, position: &Position) -> Result<usize, Fault> {
    reel.find(position).map_err(|fault| match fault {
        SeekFault::Range => Fault {
            code: ErrCode::Range,
            msg: "the position is outside the run",
            details: Some(reel.range()),
        },
        SeekFault::NotATime => Fault {
            code: ErrCode::Validation,
            msg: "`pos` must be a bar index from 0 or a time",
            details: None,
        },
    })
}
