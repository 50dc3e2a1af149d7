//! What the end of a process means.

use std::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use tapedeck_domain::job::{Exceeded, LimitKind, Limits};

use super::converse::Broken;
use super::process::Process;
use super::watch::Watch;

/// How a process ended, and what it said at its end.
pub(super) struct Death {
    status: Option<ExitStatus>,
    words: String,
}

/// How long a process that has closed its socket may take to end.
const TIME_TO_DIE: Duration = Duration::from_millis(500);

/// Waits for the end of a process that has nothing more to say.
pub(super) async fn of(process: &mut Process) -> Death {
    let status = process.ended(TIME_TO_DIE).await;
    // Its words come through a pipe of their own, perhaps a moment later.
    for _ in 0..10 {
        if !process.last_words().is_empty() || status.is_some_and(|status| status.success()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Death { status, words: process.last_words() }
}

impl Death {
    fn signal(&self) -> Option<Signal> {
        self.status.and_then(|status| status.signal()).and_then(Signal::from_named_raw)
    }

    /// Bytes that it asked for in vain, when it died of that.
    fn asked_for(&self) -> Option<u64> {
        let (_, rest) = self.words.rsplit_once("memory allocation of ")?;
        let (bytes, _) = rest.split_once(" bytes failed")?;
        bytes.parse().ok().filter(|_| self.signal() == Some(Signal::ABORT))
    }

    pub(super) fn meaning(&self, watch: &Watch<'_>, limits: &Limits) -> Broken {
        let usage = watch.usage();
        if let Some(asked_for) = self.asked_for() {
            let (kind, limit) = (LimitKind::MemoryMb, limits.memory_mb);
            let held = usage.peak_rss_bytes.unwrap_or(0);
            let observed = held.saturating_add(asked_for).div_ceil(1 << 20).max(limit);
            return Broken::Limit(Exceeded { kind, limit, observed }, usage);
        }
        let out_of_time = self.signal() == Some(Signal::XCPU)
            || (self.signal() == Some(Signal::KILL) && watch.over(LimitKind::CpuMs).is_some());
        if out_of_time {
            let (kind, limit) = (LimitKind::CpuMs, limits.cpu_ms);
            let observed = usage.cpu_ms.unwrap_or(0).max(limit);
            return Broken::Limit(Exceeded { kind, limit, observed }, usage);
        }
        if watch.was_asked_to_stop() && self.status.is_some_and(|status| status.success()) {
            return Broken::Stopped(usage);
        }
        Broken::failed(self.to_string())
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "the process ended with {status}")?,
            None => f.write_str("nobody knows how the process ended")?,
        }
        match self.words.trim() {
            "" => Ok(()),
            words => write!(f, ", saying: {words}"),
        }
    }
}
