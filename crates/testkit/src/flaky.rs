//! Adapters that fail when they are told to.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange, ReportRef};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{
    JobStore, NewJob, Removal, ReportStore, StorageError, SubmitError, Submitted,
};
use tapedeck_domain::report::Report;

/// Counts calls and knows which of them fail.
#[derive(Debug, Default)]
struct Faults {
    calls: AtomicU64,
    failing: Mutex<BTreeSet<u64>>,
}

impl Faults {
    fn call(&self) -> Result<(), StorageError> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if failing.contains(&n) {
            Err(StorageError::unavailable("as the test says"))
        } else {
            Ok(())
        }
    }

    fn fail_next(&self, n: u64) {
        let next = self.calls.load(Ordering::SeqCst) + 1;
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        failing.extend(next..next + n);
    }
}

/// A job store of which some calls fail, and some commits conflict.
pub struct FlakyJobs {
    inner: Arc<dyn JobStore>,
    faults: Faults,
    conflicts: AtomicU64,
}

impl FlakyJobs {
    /// Over a store that does not fail.
    pub fn new(inner: Arc<dyn JobStore>) -> Self {
        Self { inner, faults: Faults::default(), conflicts: AtomicU64::new(0) }
    }

    /// The next `n` calls of any method fail and change nothing.
    pub fn fail_next(&self, n: u64) {
        self.faults.fail_next(n);
    }

    /// The next `n` commits are refused, all changes of them, as if somebody had been faster.
    pub fn conflict_next(&self, n: u64) {
        self.conflicts.store(n, Ordering::SeqCst);
    }

    /// Calls so far, failed ones included.
    pub fn calls(&self) -> u64 {
        self.faults.calls.load(Ordering::SeqCst)
    }

    fn conflicts(&self) -> bool {
        let one_less = |n: u64| n.checked_sub(1);
        self.conflicts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
    }
}

#[async_trait]
impl JobStore for FlakyJobs {
    async fn submit(&self, new: NewJob) -> Result<Submitted, SubmitError> {
        self.faults.call()?;
        self.inner.submit(new).await
    }

    async fn find(&self, id: BacktestId) -> Result<Option<Backtest>, StorageError> {
        self.faults.call()?;
        self.inner.find(id).await
    }

    async fn commit(
        &self,
        changes: Vec<JobChange>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.faults.call()?;
        if self.conflicts() {
            return Ok(vec![Err(Conflict); changes.len()]);
        }
        self.inner.commit(changes).await
    }

    async fn delete(
        &self,
        removals: Vec<Removal>,
    ) -> Result<Vec<Result<(), Conflict>>, StorageError> {
        self.faults.call()?;
        self.inner.delete(removals).await
    }
}

/// A report store of which some calls fail.
pub struct FlakyReports {
    inner: Arc<dyn ReportStore>,
    faults: Faults,
}

impl FlakyReports {
    /// Over a store that does not fail.
    pub fn new(inner: Arc<dyn ReportStore>) -> Self {
        Self { inner, faults: Faults::default() }
    }

    /// The next `n` calls of any method fail and change nothing.
    pub fn fail_next(&self, n: u64) {
        self.faults.fail_next(n);
    }
}

#[async_trait]
impl ReportStore for FlakyReports {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        self.faults.call()?;
        self.inner.put(id, manifest, report).await
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        self.faults.call()?;
        self.inner.open(report).await
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        self.faults.call()?;
        self.inner.manifest(report).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.faults.call()?;
        self.inner.remove(report).await
    }
}
