//! Guest strategies: core WebAssembly modules that users bring, run by Wasmtime.
//!
//! `docs/guest-abi.md` describes what a module exports and may import. A guest reaches nothing
//! but its own memory and the functions of `imports`; none of them calls it back.

mod abi;
mod artifact;
mod batch;
mod broke;
mod check;
mod engine;
mod feeds;
mod host;
mod imports;
mod instance;
mod log;
mod metadata;
mod running;
mod single;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tapedeck_domain::guest::{GuestForm, GuestMetadata};
use tapedeck_domain::job::{Limits, Usage};
use tapedeck_domain::port::{BrokeOff, RunControl, RunError};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::{Control, Market, run_whole};
use wasmtime::{InstancePre, Module};

use batch::Batch;
use broke::Broke;
use engine::Ticker;
use host::Host;
use instance::Instance;
use running::Running;
use single::Single;

/// Ticks that a module has before the first bar when it is compiled: a second.
const START_TICKS: u32 = 200;
/// Lines that it may log meanwhile.
const START_LINES: u64 = 1_000;

/// A module made ready to run.
#[derive(Debug)]
pub struct Compiled {
    /// Machine code with what the module says of itself; for [`Guest::load`] of the same build.
    pub artifact: Vec<u8>,
    /// What the module says of itself.
    pub metadata: GuestMetadata,
}

/// Compiles a module, starts it with the defaults of its parameters and reads what it says of
/// itself.
///
/// # Errors
/// Why it cannot be run, in sentences for its author.
pub fn compile(module: &[u8]) -> Result<Compiled, String> {
    let internal = |error: wasmtime::Error| format!("{error:#}");
    core_module(module)?;
    let engine = engine::engine().map_err(internal)?;
    let compiled = Module::new(&engine, module);
    let module = compiled.map_err(|error| format!("it is no valid module: {}", flat(&error)))?;
    let form = check::form(&module).map_err(|faults| faults.join("; "))?;
    let linker = imports::linker(&engine).map_err(internal)?;
    let linked = linker.instantiate_pre(&module).map_err(internal)?;
    let _ticker = Ticker::start(&engine).map_err(|error| error.to_string())?;
    let metadata = described(&linked, form).map_err(|broke| broke.to_string())?;
    let artifact = artifact::write(&metadata, &module.serialize().map_err(internal)?)?;
    Ok(Compiled { artifact, metadata })
}

/// Whether it is a core module, by its first eight bytes.
fn core_module(module: &[u8]) -> Result<(), String> {
    match module {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', _, 0, 1, 0, ..] => {
            Err("it is a component, and only core modules are run: build a module".to_owned())
        }
        _ => {
            Err("it is no WebAssembly module: it does not begin with `\\0asm` and version 1"
                .to_owned())
        }
    }
}

/// An error with its causes, in one line.
fn flat(error: &wasmtime::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn described(linked: &InstancePre<Host>, form: GuestForm) -> Result<GuestMetadata, Broke> {
    let host = Host::new(abi::MAX_START_MB, START_LINES, Arc::default()).until(START_TICKS);
    let mut guest = Instance::start(linked, host)?;
    let (version, wanted) = (guest.version()?, abi::VERSION);
    if version != wanted {
        let what = format!("tapedeck_abi returned {version}: this server speaks {wanted}");
        return Err(Broke::Fault(what));
    }
    let metadata = metadata::parse(&guest.metadata()?, form).map_err(Broke::Fault)?;
    let defaults: Vec<f64> = metadata.params.iter().map(|param| param.default).collect();
    guest.init(&defaults)?;
    Ok(metadata)
}

/// A module in memory, with the thread that looks in on it.
pub struct Guest {
    linked: InstancePre<Host>,
    metadata: GuestMetadata,
    _ticker: Ticker,
}

impl Guest {
    /// Maps the machine code and starts the thread: what a sealed process may no longer do.
    ///
    /// # Errors
    /// When the artifact is none of this build, or the process may not do either.
    pub fn load(artifact: &[u8]) -> Result<Self, RunError> {
        let internal = |error: wasmtime::Error| RunError::Internal(error.into_boxed_dyn_error());
        let engine = engine::engine().map_err(internal)?;
        let (metadata, module) =
            artifact::read(&engine, artifact).map_err(|error| RunError::Internal(error.into()))?;
        let linker = imports::linker(&engine).map_err(internal)?;
        let linked = linker.instantiate_pre(&module).map_err(internal)?;
        Ok(Self { linked, metadata, _ticker: Ticker::start(&engine)? })
    }

    /// Runs `spec`. The report says what fuel was used; why the guest broke off, if it did, comes
    /// with it.
    ///
    /// # Errors
    /// When it broke before the first bar.
    pub fn simulate(
        &self,
        market: Market<'_>,
        spec: &Specification,
        limits: &Limits,
        stop: &Arc<RunControl>,
        control: &mut dyn Control,
    ) -> Result<(Report, Option<BrokeOff>), RunError> {
        let params = metadata::values(&self.metadata, spec).map_err(RunError::Strategy)?;
        let start = |log_lines| {
            let host = Host::new(limits.memory_mb, log_lines, Arc::clone(stop));
            let mut guest = Instance::start(&self.linked, host)?;
            guest.init(&params)?;
            Ok(guest)
        };
        let will = Rc::new(RefCell::new(None));
        let mut first = Some(start(limits.log_lines).map_err(unstarted)?);
        let mut running = || match first.take() {
            Some(first) => Running::new(Ok(first), Some(Rc::clone(&will))),
            // Beside the run, whose lines are those that count.
            None => Running::new(start(u64::MAX), None),
        };
        let mut report = match self.metadata.form {
            GuestForm::Single => run_whole(market, spec, &mut || Single::new(running()), control),
            GuestForm::Batch => {
                let mut make = || Batch::new(running(), spec.direction);
                run_whole(market, spec, &mut make, control)
            }
        };
        let Some(left) = will.take() else { return Ok((report, None)) };
        report.fuel = Some(left.fuel);
        left.log.into_report(&mut report);
        Ok((report, left.broke.and_then(broke_off)))
    }
}

/// Loads and runs at once, where no seal comes between.
///
/// # Errors
/// As [`Guest::load`] and [`Guest::simulate`].
pub fn simulate(
    artifact: &[u8],
    market: Market<'_>,
    spec: &Specification,
    limits: &Limits,
    stop: &Arc<RunControl>,
    control: &mut dyn Control,
) -> Result<(Report, Option<BrokeOff>), RunError> {
    Guest::load(artifact)?.simulate(market, spec, limits, stop, control)
}

fn broke_off(broke: Broke) -> Option<BrokeOff> {
    match broke {
        Broke::Stopped => None,
        Broke::Limit(exceeded) => Some(BrokeOff::Limit(exceeded)),
        Broke::Fault(what) => Some(BrokeOff::Strategy(what)),
        Broke::Overdue => Some(BrokeOff::Strategy(broke.to_string())),
    }
}

fn unstarted(broke: Broke) -> RunError {
    match broke_off(broke) {
        None => RunError::Stopped(Usage::default()),
        Some(BrokeOff::Limit(exceeded)) => RunError::Limit(exceeded, Usage::default()),
        Some(BrokeOff::Strategy(what)) => RunError::Strategy(what),
    }
}
