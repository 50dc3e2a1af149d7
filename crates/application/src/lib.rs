#![doc = include_str!("../README.md")]

mod cancel;
mod datasets;
mod inspect;
mod of_kind;
mod player;
mod prepare;
mod readiness;
mod remove;
mod results;
mod run_one;
mod strategies;
mod submit;
mod sweeps;

pub use cancel::{Cancel, CancelError, Cancelled};
pub use datasets::Datasets;
pub use inspect::Inspect;
pub use of_kind::OfKind;
pub use player::{DEFAULT_SPEED, Player, SPEEDS};
pub use prepare::{
    BacktestRequest, DatasetChoice, FaultCode, FieldFault, Prepare, PrepareError, ServerLimits,
};
pub use readiness::{Check, MigrationsProbe, Readiness, is_ready};
pub use remove::{Remove, RemoveError};
pub use results::{Finished, ResultError, Results};
pub use run_one::{RunHandle, RunOne, StopCause};
pub use strategies::{
    ExpectedVersion, RulesCheck, RulesWarning, Strategies, StrategyConflict, StrategyError,
    StrategyView, StrategyViews, Updated,
};
pub use submit::{Submit, SubmitBacktestError};
pub use sweeps::{
    Axis, FinishedSweep, RemoveSweep, SubmitSweep, SweepLimits, SweepRequest, SweepResultError,
    SweepResults,
};
