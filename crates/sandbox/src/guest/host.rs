//! What the host keeps beside a guest: its limits, what it may do now, and what it has said.

use std::sync::Arc;

use tapedeck_domain::job::{Exceeded, LimitKind};
use tapedeck_domain::port::RunControl;
use tapedeck_engine::strategy::Decision;
use wasmtime::{Error, Memory, ResourceLimiter, UpdateDeadline};

use super::abi::MAX_TABLE;
use super::broke::{Broke, fault};
use super::feeds::Feeds;
use super::log::Log;

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// What the host is doing with a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its start function runs.
    Start,
    /// It says what it is.
    Metadata,
    /// It makes room for bytes.
    Alloc,
    /// It gets its parameters.
    Init,
    /// It looks at a bar.
    Bar,
    /// It looks at a block of bars.
    Block,
}

impl Phase {
    /// The function that the guest is in.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "the start function",
            Self::Metadata => "metadata",
            Self::Alloc => "alloc",
            Self::Init => "init",
            Self::Bar => "on_bar",
            Self::Block => "on_bars",
        }
    }
}

/// What is held at the close of a bar.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) units: f64,
    pub(super) cash: f64,
    pub(super) equity: f64,
    pub(super) entry_price: f64,
}

/// Beside a guest.
pub(super) struct Host {
    pub(super) phase: Phase,
    pub(super) memory: Option<Memory>,
    /// The bar that has closed, or the first one of the block.
    pub(super) bar: usize,
    pub(super) held: Held,
    /// What it ordered at this bar by a function of the host.
    pub(super) order: Option<Decision>,
    pub(super) feeds: Feeds,
    pub(super) log: Log,
    memory_mb: u64,
    stop: Arc<RunControl>,
    /// How often it may still be looked in on; `None` when only the run's own end counts.
    ticks: Option<u32>,
}

impl Host {
    pub(super) fn new(memory_mb: u64, log_lines: u64, stop: Arc<RunControl>) -> Self {
        Self {
            phase: Phase::Start,
            memory: None,
            bar: 0,
            held: Held::default(),
            order: None,
            feeds: Feeds::default(),
            log: Log::new(log_lines),
            memory_mb,
            stop,
            ticks: None,
        }
    }

    /// With so many ticks to live.
    pub(super) fn until(self, ticks: u32) -> Self {
        Self { ticks: Some(ticks), ..self }
    }

    /// Looks in on the guest.
    pub(super) fn tick(&mut self) -> Result<UpdateDeadline, Error> {
        if self.stop.is_stopped() {
            return Err(Error::new(Broke::Stopped));
        }
        if let Some(ticks) = &mut self.ticks {
            *ticks = ticks.checked_sub(1).ok_or_else(|| Error::new(Broke::Overdue))?;
        }
        Ok(UpdateDeadline::Continue(1))
    }

    /// Whether `function` may be called now.
    #[inline]
    pub(super) fn allow(&self, function: &str, phase: Phase) -> Result<(), Error> {
        if self.phase == phase { Ok(()) } else { Err(self.refuse(function, phase)) }
    }

    #[cold]
    fn refuse(&self, function: &str, phase: Phase) -> Error {
        let (wanted, now) = (phase.as_str(), self.phase.as_str());
        fault(format!("`{function}` may be called in {wanted} only, and was called in {now}"))
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool, Error> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // Its own maximum: it is told so.
            return Ok(false);
        }
        let (desired, limit) = (desired as u64, self.memory_mb);
        if desired > limit.saturating_mul(MIB) {
            let observed = desired.div_ceil(MIB);
            let kind = LimitKind::MemoryMb;
            return Err(Error::new(Broke::Limit(Exceeded { kind, limit, observed })));
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, Error> {
        if desired <= MAX_TABLE {
            return Ok(true);
        }
        Err(fault(format!("a table of {desired} elements, and at most {MAX_TABLE} are allowed")))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}
