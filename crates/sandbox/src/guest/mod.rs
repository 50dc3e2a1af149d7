//! Guest strategies: core WebAssembly modules that users bring, run by Wasmtime.

use std::sync::Arc;

use tapedeck_domain::guest::GuestMetadata;
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{BrokeOff, RunControl, RunError};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tapedeck_engine::{Control, Market};

/// A module made ready to run.
pub struct Compiled {
    /// Machine code with what the module says of itself; for [`Guest::load`] of the same build.
    pub artifact: Vec<u8>,
    /// What the module says of itself.
    pub metadata: GuestMetadata,
}

/// Compiles a module and reads what it says of itself.
///
/// # Errors
/// Why it cannot be run, in sentences for its author.
pub fn compile(_module: &[u8]) -> Result<Compiled, String> {
    Err("guests are not run yet".to_owned())
}

/// A module in memory, with the thread that interrupts it.
pub struct Guest {}

impl Guest {
    /// Maps the machine code and starts the thread: what a sealed process may no longer do.
    ///
    /// # Errors
    /// When the artifact is none of this build.
    pub fn load(_artifact: &[u8]) -> Result<Self, RunError> {
        Err(RunError::Strategy("guests are not run yet".to_owned()))
    }

    /// Runs `spec`. `Report::fuel` is set.
    ///
    /// # Errors
    /// When not one bar was done.
    pub fn simulate(
        &self,
        _market: Market<'_>,
        _spec: &Specification,
        _limits: &Limits,
        _stop: &Arc<RunControl>,
        _control: &mut dyn Control,
    ) -> Result<(Report, Option<BrokeOff>), RunError> {
        Err(RunError::Strategy("guests are not run yet".to_owned()))
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
