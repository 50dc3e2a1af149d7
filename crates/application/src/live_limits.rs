//! What the server allows at this moment.

use tapedeck_domain::flag::Flag;
use tapedeck_domain::job::{LimitKind, Limits};

use crate::{Flags, ServerLimits};

/// What the server allows at this moment: what is configured, or less of it while the flag
/// `tight_limits` is on.
#[derive(Clone)]
pub struct LiveLimits {
    configured: ServerLimits,
    flags: Option<Flags>,
}

/// Of what is configured, so much is left while limits are tight.
const TIGHT: u64 = 4;
/// Less memory than this, in MiB, no run could start with.
const LEAST_MEMORY: u64 = 16;

impl LiveLimits {
    /// What is configured, as tight as `flags` say.
    pub const fn new(configured: ServerLimits, flags: Flags) -> Self {
        Self { configured, flags: Some(flags) }
    }

    /// Whether limits are tight.
    pub fn are_tight(&self) -> bool {
        self.flags.as_ref().is_some_and(|flags| flags.is_on(Flag::TightLimits))
    }

    /// What is allowed now.
    pub fn now(&self) -> ServerLimits {
        let ServerLimits { run, queue } = self.configured;
        let run = if self.are_tight() { tight(run) } else { run };
        ServerLimits { run, queue }
    }
}

impl From<ServerLimits> for LiveLimits {
    /// What is configured, whatever any flag says.
    fn from(configured: ServerLimits) -> Self {
        Self { configured, flags: None }
    }
}

fn tight(limits: Limits) -> Limits {
    let least = |kind| match kind {
        LimitKind::MemoryMb => LEAST_MEMORY.min(limits.memory_mb),
        LimitKind::TimeoutMs
        | LimitKind::CpuMs
        | LimitKind::Bars
        | LimitKind::Orders
        | LimitKind::LogLines
        | LimitKind::OutputBytes => 1,
    };
    let quarter = |kind| (limits.of(kind) / TIGHT).max(least(kind));
    Limits::make(|kind| Ok::<_, std::convert::Infallible>(quarter(kind))).unwrap_or(limits)
}
