//! One request to one process, and its answer. Nothing that the process says is believed.

use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tapedeck_domain::job::{Exceeded, LimitKind, Limits, Usage};
use tapedeck_domain::port::{BrokeOff, RunControl};
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::death;
use super::order::{File, Order};
use super::pool::Pool;
use super::process::Process;
use super::rate::Rate;
use super::watch::{Verdict, Watch};
use crate::wire::{End, HEADER, How, Kind, Progress, decode, parse, send_with_files};

/// What a process answered.
pub(super) struct Reply {
    pub(super) parts: Vec<u8>,
    pub(super) how: How,
    pub(super) usage: Usage,
    /// Why it was stopped from outside, when nobody asked for that.
    pub(super) broke_off: Option<BrokeOff>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    Limit(Exceeded, Usage),
    Stopped(Usage),
    /// It has not got a layer that is required.
    Refused(String),
    Failed(String),
}

impl Broken {
    pub(super) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }
}

/// Has a process of the pool carry out `order`, until its end or until `control` stops it.
pub(super) async fn converse(
    pool: &Arc<Pool>,
    order: Order,
    control: &RunControl,
) -> std::result::Result<Reply, Broken> {
    let process = pool.take().await?;
    converse_with(process, &order, control).await
}

/// The same with a process that there is.
pub(super) async fn converse_with(
    mut process: Process,
    order: &Order,
    control: &RunControl,
) -> std::result::Result<Reply, Broken> {
    let heard = Heard::default();
    let mut watch = Watch::new(process.pid, order.limits, control);
    let Process { socket, inbox, .. } = &mut process;
    let talk = Talk { socket, inbox, heard: &heard, control, limits: &order.limits };
    let end = tokio::select! {
        end = talk.whole(order) => Ok(end),
        verdict = watch.until_over(socket, &heard) => Err(verdict),
    };
    match end {
        Ok(Ok((parts, end))) => {
            process.retire();
            let usage = watch.usage_with(end.usage);
            Ok(Reply { parts, how: end.how, usage, broke_off: watch.broke_off() })
        }
        Ok(Err(fault)) => Err(fault.explained(process, &mut watch, &order.limits).await),
        Err(verdict) => {
            drop(process);
            Err(match (verdict, watch.usage()) {
                (Verdict::Over(exceeded), usage) => Broken::Limit(exceeded, usage),
                (Verdict::Stopped, usage) => Broken::Stopped(usage),
            })
        }
    }
}

/// Shared by who reads and who watches.
#[derive(Default)]
pub(super) struct Heard {
    /// The request is out, so that a further frame may follow it.
    pub(super) sent: AtomicBool,
    /// The first part of the answer has come.
    pub(super) answering: AtomicBool,
}

/// What is wrong with the process.
enum Fault {
    /// It has ended, or its socket.
    Gone,
    /// It said what it may not say.
    Lied(String),
    /// It said more than it may.
    TooMuch(u64),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let gone = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
        if gone.contains(&error.kind()) { Self::Gone } else { Self::Lied(error.to_string()) }
    }
}

impl Fault {
    async fn explained(
        self,
        mut process: Process,
        watch: &mut Watch<'_>,
        limits: &Limits,
    ) -> Broken {
        match self {
            Self::Lied(what) => {
                tracing::error!(pid = process.pid, "a process broke the protocol: {what}");
                Broken::failed(format!("the process broke the protocol: {what}"))
            }
            Self::TooMuch(observed) => {
                let (kind, limit) = (LimitKind::OutputBytes, limits.output_bytes);
                Broken::Limit(Exceeded { kind, limit, observed }, watch.usage())
            }
            Self::Gone => {
                watch.look();
                let end = death::of(&mut process).await;
                end.meaning(watch, limits)
            }
        }
    }
}

struct Talk<'a> {
    socket: &'a UnixStream,
    inbox: &'a mut Inbox,
    heard: &'a Heard,
    control: &'a RunControl,
    limits: &'a Limits,
}

impl Talk<'_> {
    /// Sends the request and reads its answer.
    async fn whole(self, order: &Order) -> std::result::Result<(Vec<u8>, End), Fault> {
        // One that ends early does not read it all; what it said until then counts.
        match send(self.socket, &order.frame, &order.files).await {
            Ok(()) => self.heard.sent.store(true, Ordering::SeqCst),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => return Err(error.into()),
        }
        let (mut parts, mut rate, mut reached) = (Vec::new(), Rate::new(), 0);
        loop {
            let (kind, payload) = self.inbox.next(self.socket).await?;
            match kind {
                Kind::Progress if parts.is_empty() && !rate.exceeded() => {
                    let Progress { bars_done, sim_time } = decode(&payload)?;
                    if bars_done < reached {
                        return Err(Fault::Lied("progress goes back".to_owned()));
                    }
                    reached = bars_done;
                    self.control.advance(bars_done, sim_time);
                }
                Kind::Part if !payload.is_empty() => {
                    self.heard.answering.store(true, Ordering::SeqCst);
                    parts.extend(payload);
                    let much = parts.len() as u64;
                    if much > self.limits.output_bytes {
                        return Err(Fault::TooMuch(much));
                    }
                }
                Kind::End => return Ok((parts, decode(&payload)?)),
                Kind::Hello
                | Kind::Run
                | Kind::Compile
                | Kind::Probe
                | Kind::Stop
                | Kind::Ready
                | Kind::Progress
                | Kind::Part => {
                    return Err(Fault::Lied(format!("{kind:?} out of turn")));
                }
            }
        }
    }
}

/// What has come of the next frame. It bounds what it holds: by the longest frame.
#[derive(Default)]
pub(super) struct Inbox(Vec<u8>);

/// Bytes read at once.
const AT_ONCE: usize = 1 << 16;

impl Inbox {
    /// The next frame. Dropped between two, it has lost nothing.
    pub(super) async fn next(&mut self, socket: &UnixStream) -> Result<(Kind, Vec<u8>)> {
        loop {
            if let Some((kind, length)) = parse(&self.0)?
                && self.0.len() >= HEADER + length
            {
                let rest = self.0.split_off(HEADER + length);
                let frame = std::mem::replace(&mut self.0, rest);
                return Ok((kind, frame[HEADER..].to_vec()));
            }
            socket.readable().await?;
            let held = self.0.len();
            self.0.resize(held + AT_ONCE, 0);
            // Files that come beside the bytes are closed: nobody asks for any.
            let read = socket.try_read(&mut self.0[held..]);
            self.0.truncate(held + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
    }
}

/// Sends a frame, with files beside its first byte.
pub(super) async fn send(socket: &UnixStream, frame: &[u8], files: &[File]) -> Result<()> {
    let files: Vec<_> = files.iter().map(File::as_fd).collect();
    let mut sent = 0;
    while sent < frame.len() {
        let beside = if sent == 0 { files.as_slice() } else { &[] };
        let some = || send_with_files(socket.as_fd(), &frame[sent..], beside);
        sent += socket.async_io(Interest::WRITABLE, some).await?;
    }
    Ok(())
}
