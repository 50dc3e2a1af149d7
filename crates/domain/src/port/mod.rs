//! Ports: what the product needs from outside, in its own words.
//!
//! One call is one transaction, opened and closed inside the adapter. No connection, no lock
//! and no driver type appears in a signature.

mod access;
mod audit_archive;
mod audit_chain;
mod audit_log;
mod clock;
mod dataset;
mod entropy;
mod flag_provider;
mod guest;
mod head_log;
mod health;
mod ids;
mod isolation;
mod job_catalog;
mod job_feed;
mod job_queue;
mod job_store;
mod log_control;
mod maintenance;
mod market_data;
mod migrations;
mod overrides;
mod queue_control;
mod report_store;
mod retention;
mod runner;
mod schedule_store;
mod storage;
mod storage_usage;
mod strategy_catalog;
mod strategy_inspector;
mod strategy_store;
mod sweep;
mod table_encoder;

pub use access::{KeyStore, NameTaken, Revoked, TicketStore};
pub use audit_archive::{AuditArchive, Segment};
pub use audit_chain::{AuditChain, Overtaken, Sealing, Tip, Unsealed};
pub use audit_log::{AuditFilter, AuditLog};
pub use clock::Clock;
pub use dataset::{DatasetCatalog, DatasetStore};
pub use entropy::{Entropy, NoEntropy};
pub use flag_provider::{
    EvaluationContext, FlagError, FlagErrorCode, FlagProvider, Reason, Resolution,
};
pub use guest::{InspectError, ModuleInspector, ModuleStore};
pub use head_log::{AfterHeads, HeadLog, HeadMark, HeadPage};
pub use health::{HealthProbe, Probe, ProbeStatus};
pub use ids::Ids;
pub use isolation::Isolation;
pub use job_catalog::{JobCatalog, JobFilter, Page};
pub use job_feed::{JobFeed, Signal, Signals};
pub use job_queue::{Claim, ClaimLimits, JobQueue, Leased, Room};
pub use job_store::{Idempotency, JobStore, NewJob, Removal, SubmitError, Submitted};
pub use log_control::LogControl;
pub use maintenance::Maintenance;
pub use market_data::{MarketData, MarketDataError};
pub use migrations::{MigrationError, MigrationStatus, Migrations};
pub use overrides::{Override, OverrideChange, OverrideStore};
pub use queue_control::{Depth, Pause, QueueControl, QueueStatus};
pub use report_store::ReportStore;
pub use retention::{ArtifactCatalog, RetentionRule, RetentionStore, StoredArtifact};
pub use runner::{BacktestRunner, BrokeOff, Ran, RunControl, RunError, RunRequest};
pub use schedule_store::{KEPT_RUNS, RecordedRun, ScheduleConflict, ScheduleStore, StoredSchedule};
pub use storage::StorageError;
pub use storage_usage::StorageUsage;
pub use strategy_catalog::StrategyCatalog;
pub use strategy_inspector::StrategyInspector;
pub use strategy_store::{StrategyList, StrategyStore};
pub use sweep::{SweepRunRequest, SweepRunner, SweepStore};
pub use table_encoder::TableEncoder;
