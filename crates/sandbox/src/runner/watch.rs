use std::time::Duration;

use std::sync::atomic::Ordering;

use tapedeck_domain::job::{Exceeded, LimitKind, Limits, Usage};
use tapedeck_domain::port::{BrokeOff, RunControl};
use tokio::net::UnixStream;
use tokio::time::Instant;

use super::converse::Heard;
use crate::accounts::{peak_of, spent_of};
use crate::wire::{Kind, framed};

/// Watches a process from outside, by the accounts of the kernel.
pub(super) struct Watch<'a> {
    pid: u32,
    limits: Limits,
    control: &'a RunControl,
    usage: Usage,
    /// Since when it is to stop, and because of which limit.
    stopping: Option<(Instant, Option<Exceeded>)>,
}

/// Why a process is to be killed.
#[derive(Debug)]
pub(super) enum Verdict {
    Over(Exceeded),
    Stopped,
}

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// From the wish that it stops to the first part of what it leaves.
const GRACE: Duration = Duration::from_millis(150);
/// The same to the last part.
const GRACE_TO_ANSWER: Duration = Duration::from_secs(2);

impl<'a> Watch<'a> {
    pub(super) fn new(pid: u32, limits: Limits, control: &'a RunControl) -> Self {
        Self { pid, limits, control, usage: Usage::default(), stopping: None }
    }

    /// Looks until the process is to be killed.
    pub(super) async fn until_over(&mut self, socket: &UnixStream, heard: &Heard) -> Verdict {
        loop {
            self.look();
            if let Some(exceeded) = self.over(LimitKind::MemoryMb) {
                return Verdict::Over(exceeded);
            }
            match self.stopping {
                None => self.stop_if_wanted(socket, heard),
                Some((since, why)) if is_up(since, heard) => {
                    return why.map_or(Verdict::Stopped, Verdict::Over);
                }
                Some(_) => {}
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn stop_if_wanted(&mut self, socket: &UnixStream, heard: &Heard) {
        let over = self.over(LimitKind::CpuMs);
        if over.is_none() && !self.control.is_stopped() {
            return;
        }
        let asked = self.control.is_stopped();
        self.stopping = Some((Instant::now(), over.filter(|_| !asked)));
        if heard.sent.load(Ordering::SeqCst)
            && let Ok(stop) = framed(Kind::Stop, &[])
        {
            // One that does not read is killed when the time is up.
            let _ = socket.try_write(&stop);
        }
    }

    /// Takes note of what the kernel says now.
    pub(super) fn look(&mut self) {
        let read = |file| std::fs::read_to_string(format!("/proc/{}/{file}", self.pid)).ok();
        let peak_rss_bytes = read("status").as_deref().and_then(peak_of);
        let cpu_ms = read("stat").as_deref().and_then(spent_of);
        self.usage = self.usage_with(Usage { peak_rss_bytes, cpu_ms });
        self.control.saw_memory(self.usage.peak_rss_bytes.unwrap_or(0));
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// The more of what was seen and of what the process says of itself.
    pub(super) fn usage_with(&self, said: Usage) -> Usage {
        Usage {
            peak_rss_bytes: self.usage.peak_rss_bytes.max(said.peak_rss_bytes),
            cpu_ms: self.usage.cpu_ms.max(said.cpu_ms),
        }
    }

    /// Whether somebody asked for its end.
    pub(super) fn was_asked_to_stop(&self) -> bool {
        self.control.is_stopped()
    }

    /// The limit because of which it was told to stop.
    pub(super) fn broke_off(&self) -> Option<BrokeOff> {
        self.stopping.and_then(|(_, why)| why).map(BrokeOff::Limit)
    }

    /// What it exceeds of memory or of processor time.
    pub(super) fn over(&self, kind: LimitKind) -> Option<Exceeded> {
        let limit = self.limits.of(kind);
        let observed = match kind {
            LimitKind::MemoryMb => self.usage.peak_rss_bytes?.div_ceil(1 << 20),
            LimitKind::CpuMs => self.usage.cpu_ms?,
            LimitKind::TimeoutMs
            | LimitKind::Bars
            | LimitKind::Orders
            | LimitKind::LogLines
            | LimitKind::OutputBytes => return None,
        };
        (observed > limit).then_some(Exceeded { kind, limit, observed })
    }
}

fn is_up(since: Instant, heard: &Heard) -> bool {
    let grace = if heard.answering.load(Ordering::SeqCst) { GRACE_TO_ANSWER } else { GRACE };
    since.elapsed() > grace
}
