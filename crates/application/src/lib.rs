#![doc = include_str!("../README.md")]

mod cancel;
mod datasets;
mod inspect;
mod player;
mod prepare;
mod readiness;
mod remove;
mod request;
mod results;
mod run_one;
mod strategies;
mod submit;

pub use cancel::{Cancel, CancelError, Cancelled};
pub use datasets::Datasets;
pub use inspect::Inspect;
pub use player::{DEFAULT_SPEED, Player, SPEEDS};
pub use prepare::{Prepare, PrepareError, ServerLimits};
pub use readiness::{Check, MigrationsProbe, Readiness, is_ready};
pub use remove::{Remove, RemoveError};
pub use request::{BacktestRequest, DatasetChoice, FaultCode, FieldFault, StrategyChoice};
pub use results::{Finished, ResultError, Results};
pub use run_one::{RunHandle, RunOne, StopCause};
pub use strategies::{
    ExpectedVersion, RulesCheck, RulesWarning, Strategies, StrategyConflict, StrategyError,
    StrategyView, StrategyViews, Updated,
};
pub use submit::{Submit, SubmitBacktestError};
