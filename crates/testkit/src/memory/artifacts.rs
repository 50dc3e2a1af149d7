//! Reports and sweeps in memory, as one catalog.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::{ArtifactCatalog, StorageError, StorageUsage, StoredArtifact};

use super::{MemoryReports, MemorySweeps};

/// What two stores in memory hold, as one catalog.
#[derive(Default)]
pub struct MemoryArtifacts {
    reports: Arc<MemoryReports>,
    sweeps: Arc<MemorySweeps>,
    usage: Mutex<Option<StorageUsage>>,
    failing: AtomicU64,
}

impl MemoryArtifacts {
    /// Of these stores.
    pub fn new(reports: Arc<MemoryReports>, sweeps: Arc<MemorySweeps>) -> Self {
        Self { reports, sweeps, ..Self::default() }
    }

    /// From now on this is how full it says it is.
    pub fn set_usage(&self, usage: StorageUsage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
    }

    /// The next `n` removals fail and remove nothing.
    pub fn fail_removals(&self, n: u64) {
        self.failing.store(n, Ordering::SeqCst);
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.reports.names();
        names.extend(self.sweeps.names());
        names.sort_unstable();
        names
    }
}

#[async_trait]
impl ArtifactCatalog for MemoryArtifacts {
    async fn list(
        &self,
        after: Option<ReportRef>,
        limit: usize,
    ) -> Result<Vec<StoredArtifact>, StorageError> {
        let is_after = |name: &String| after.as_ref().is_none_or(|after| *name > after.0);
        let rest = self.names().into_iter().filter(is_after);
        let found = rest.filter_map(|name| {
            let job = name.split('/').nth(1)?.parse().ok()?;
            Some(StoredArtifact { report: ReportRef(name), job })
        });
        Ok(found.take(limit).collect())
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        let one_less = |n: u64| n.checked_sub(1);
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StorageError::unavailable("as the test says"));
        }
        self.reports.forget(&report.0);
        self.sweeps.forget(&report.0);
        Ok(())
    }

    /// Writers in memory leave nothing.
    async fn sweep_unfinished(&self) -> Result<u64, StorageError> {
        Ok(0)
    }

    async fn usage(&self) -> Result<StorageUsage, StorageError> {
        let set = *self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.names().iter().map(|name| name.len() as u64).sum();
        Ok(set.unwrap_or(StorageUsage { used, quota: None, free: u64::MAX, min_free: 0 }))
    }
}
