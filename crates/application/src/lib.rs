#![doc = include_str!("../README.md")]

mod access;
mod audit;
mod cancel;
mod compare;
mod datasets;
mod difference;
mod events;
mod flags;
mod inspect;
mod live_limits;
mod log_level;
mod of_kind;
mod outage;
mod overrides;
mod player;
mod prepare;
mod queue;
mod readiness;
mod remove;
mod request;
mod rerun;
mod results;
mod retention;
mod run_one;
mod schedules;
mod state;
mod strategies;
mod submit;
mod sweeps;
mod system;
mod verify;

pub use access::{Access, AccessError, AccessPorts, Caller, Credential, KeyError, Keys, NewKey};
pub use audit::{Archived, AuditExport, AuditSeal, AuditTrail, AuditVerify, SealProbe, SealPulse};
pub use cancel::{Cancel, CancelError, Cancelled};
pub use compare::{Comparison, FigureDifference, Parting, TradeComparison, compare};
pub use datasets::Datasets;
pub use difference::{Aspect, Difference, Evidence};
pub use events::{EventLog, EventPage, EventsError};
pub use flags::{ConfiguredFlags, FlagSource, FlagView, Flags};
pub use inspect::Inspect;
pub use live_limits::LiveLimits;
pub use log_level::{ConfiguredLevel, LogLevel, LogLevelView, SetLevelError};
pub use of_kind::OfKind;
pub use outage::warn_of;
pub use overrides::{Decider, Overrides};
pub use player::{DEFAULT_SPEED, Player, SPEEDS};
pub use prepare::{Prepare, PrepareError, ServerLimits};
pub use queue::{QueueSwitch, QueueView};
pub use readiness::{Check, MigrationsProbe, Readiness, ServerState};
pub use remove::{Remove, RemoveError};
pub use request::{BacktestRequest, DatasetChoice, FaultCode, FieldFault, Origin, StrategyChoice};
pub use rerun::{Rerun, RerunError};
pub use results::{Ended, Finished, ResultError, Results};
pub use retention::{
    Occasion, Orphans, PlannedState, Removed, Retain, Retention, RetentionPlan, RetentionPolicy,
    RetentionPorts,
};
pub use run_one::{RunEnd, RunHandle, RunOne, StopCause};
pub use schedules::{
    AuditExportTask, Conductor, MaintenanceTask, MarketDataRefresh, Observed, RetentionTask,
    ScheduleOptions, ScheduleSetup, ScheduleStatus, ScheduleView, ScheduledTask, Schedules,
    TaskEnd, TaskError, TriggerError, VerificationProbe, VerifySample,
};
pub use state::{BarState, bar_at, state_at};
pub use strategies::{
    ExpectedVersion, GuestUpload, RulesCheck, RulesWarning, Strategies, StrategyConflict,
    StrategyError, StrategyView, StrategyViews, Updated,
};
pub use submit::{Submit, SubmitBacktestError};
pub use sweeps::{
    Axis, FinishedSweep, RemoveSweep, SubmitSweep, SweepLimits, SweepRequest, SweepResultError,
    SweepResults,
};
pub use system::{
    About, ConfiguredValue, LayerView, SandboxProbe, System, SystemView, layers_around_runs,
};
pub use verify::{VERIFY_START, Verdict, Verify, VerifyError};
