//! What a suite works on.

use std::any::Any;
use std::sync::Arc;

use tapedeck_domain::port::{
    ArtifactCatalog, AuditArchive, AuditChain, AuditLog, DatasetCatalog, DatasetStore, HeadLog,
    JobCatalog, JobFeed, JobQueue, JobStore, ModuleStore, OverrideStore, QueueControl, ReportStore,
    RetentionStore, ScheduleStore, StrategyStore, SweepStore,
};

/// Whatever must live as long as the test: a directory, a database.
pub type Guard = Box<dyn Any + Send + Sync>;

/// Makes the next `open` of everything that is stored find other content.
pub type Corrupt = Box<dyn Fn() + Send + Sync>;

/// An adapter that is behind all ports of jobs.
pub trait AllJobs:
    JobStore
    + JobQueue
    + JobCatalog
    + JobFeed
    + QueueControl
    + AuditLog
    + AuditChain
    + RetentionStore
    + OverrideStore
{
}

impl<T> AllJobs for T where
    T: JobStore
        + JobQueue
        + JobCatalog
        + JobFeed
        + QueueControl
        + AuditLog
        + AuditChain
        + RetentionStore
        + OverrideStore
{
}

/// The ports of jobs, over one empty store.
pub struct Jobs {
    /// Jobs, one by one.
    pub store: Arc<dyn JobStore>,
    /// Jobs, as workers see them.
    pub queue: Arc<dyn JobQueue>,
    /// Jobs, as a list.
    pub catalog: Arc<dyn JobCatalog>,
    /// What happens to jobs.
    pub feed: Arc<dyn JobFeed>,
    /// The queue as a whole.
    pub control: Arc<dyn QueueControl>,
    /// Decisions, with who made them.
    pub audit: Arc<dyn AuditLog>,
    /// The chain over them.
    pub chain: Arc<dyn AuditChain>,
    /// What has been kept long enough.
    pub retention: Arc<dyn RetentionStore>,
    /// What was changed at run time.
    pub overrides: Arc<dyn OverrideStore>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Jobs {
    /// Over an adapter that is behind all of them.
    pub fn new(adapter: impl AllJobs + 'static, guard: impl Any + Send + Sync) -> Self {
        Self::over(Arc::new(adapter), guard)
    }

    /// Over an adapter that others use, too.
    pub fn over<T: AllJobs + 'static>(all: Arc<T>, guard: impl Any + Send + Sync) -> Self {
        Self {
            store: all.clone(),
            queue: all.clone(),
            catalog: all.clone(),
            feed: all.clone(),
            control: all.clone(),
            audit: all.clone(),
            chain: all.clone(),
            retention: all.clone(),
            overrides: all,
            guard: Box::new(guard),
        }
    }
}

/// An empty dataset catalog.
pub struct Catalog {
    /// The catalog.
    pub catalog: Arc<dyn DatasetCatalog>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Catalog {
    /// Over an adapter.
    pub fn new(adapter: impl DatasetCatalog + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { catalog: Arc::new(adapter), guard: Box::new(guard) }
    }
}

/// An empty store of bars.
pub struct Files {
    /// The store.
    pub store: Arc<dyn DatasetStore>,
    /// How its content is damaged, where that can be done.
    pub corrupt: Option<Corrupt>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Files {
    /// Over an adapter whose content cannot be damaged.
    pub fn new(adapter: impl DatasetStore + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(adapter), corrupt: None, guard: Box::new(guard) }
    }
}

/// An empty store of modules.
pub struct Modules {
    /// The store.
    pub store: Arc<dyn ModuleStore>,
    /// How its content is damaged, where that can be done.
    pub corrupt: Option<Corrupt>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Modules {
    /// Over an adapter whose content cannot be damaged.
    pub fn new(adapter: impl ModuleStore + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(adapter), corrupt: None, guard: Box::new(guard) }
    }
}

/// An empty report store.
pub struct Reports {
    /// The store.
    pub store: Arc<dyn ReportStore>,
    /// How its content is damaged, where that can be done.
    pub corrupt: Option<Corrupt>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Reports {
    /// Over an adapter whose content cannot be damaged.
    pub fn new(adapter: impl ReportStore + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(adapter), corrupt: None, guard: Box::new(guard) }
    }
}

/// An empty store of sweeps.
pub struct Sweeps {
    /// The store.
    pub store: Arc<dyn SweepStore>,
    /// How its content is damaged, where that can be done.
    pub corrupt: Option<Corrupt>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Sweeps {
    /// Over an adapter whose content cannot be damaged.
    pub fn new(adapter: impl SweepStore + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(adapter), corrupt: None, guard: Box::new(guard) }
    }
}

/// An empty catalog of artifacts, and the stores that fill it.
pub struct Artifacts {
    /// The catalog.
    pub catalog: Arc<dyn ArtifactCatalog>,
    /// Where reports are put.
    pub reports: Arc<dyn ReportStore>,
    /// Where sweeps are.
    pub sweeps: Arc<dyn SweepStore>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

/// An empty store of strategies.
pub struct Strategies {
    /// The store.
    pub store: Arc<dyn StrategyStore>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Strategies {
    /// Over an adapter.
    pub fn new(adapter: impl StrategyStore + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(adapter), guard: Box::new(guard) }
    }
}

/// A store without schedules.
pub struct Schedules {
    /// The store.
    pub store: Arc<dyn ScheduleStore>,
    /// Decisions, with who made them.
    pub audit: Arc<dyn AuditLog>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

/// An empty log of heads.
pub struct Heads {
    /// The log.
    pub log: Arc<dyn HeadLog>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Heads {
    /// Over an adapter.
    pub fn new(adapter: impl HeadLog + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { log: Arc::new(adapter), guard: Box::new(guard) }
    }
}

/// An empty archive of the audit trail.
pub struct Archive {
    /// The archive.
    pub archive: Arc<dyn AuditArchive>,
    /// Kept for as long as the test runs.
    pub guard: Guard,
}

impl Archive {
    /// Over an adapter.
    pub fn new(adapter: impl AuditArchive + 'static, guard: impl Any + Send + Sync) -> Self {
        Self { archive: Arc::new(adapter), guard: Box::new(guard) }
    }
}
