//! Artifacts that no job points to: a worker died between putting one and committing it, or a
//! removal broke off after the row.

use tapedeck_domain::job::{JobState, ReportRef};
use tapedeck_domain::port::{AuditFilter, StorageError, StoredArtifact};

use super::{Occasion, Orphans, Retention};

/// Why no job points to an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orphan {
    /// Its job was removed.
    OfRemovedJob,
    /// Its job has ended and names another one, or none.
    Superseded,
    /// There never was such a job, as far as this database knows.
    OfUnknownJob,
}

/// Artifacts that are listed at once.
const PAGE: usize = 1000;

/// A part of the list of artifacts.
struct Page {
    orphans: Vec<(ReportRef, Orphan)>,
    last: ReportRef,
}

impl Retention {
    pub(super) async fn count_orphans(&self) -> Result<Orphans, StorageError> {
        let (mut orphans, mut after) = (Orphans::default(), None);
        while let Some(page) = self.page(after.take()).await? {
            page.orphans.iter().for_each(|(_, kind)| orphans.count(*kind));
            after = Some(page.last);
        }
        Ok(orphans)
    }

    pub(super) async fn remove_orphans(
        &self,
        occasion: &Occasion,
    ) -> Result<Orphans, StorageError> {
        let (mut removed, mut left, mut after) = (Orphans::default(), 0_u64, None);
        while let Some(page) = self.page(after.take()).await? {
            for (report, kind) in page.orphans {
                // With the wrong database for the directory, all would be of unknown jobs:
                // somebody has to look at that.
                if kind == Orphan::OfUnknownJob && *occasion == Occasion::Unattended {
                    left += 1;
                    continue;
                }
                self.ports.artifacts.remove(&report).await?;
                removed.count(kind);
            }
            after = Some(page.last);
        }
        if left > 0 {
            tracing::warn!(
                artifacts = left,
                "there are artifacts of jobs that this database does not know: `tapedeck retention \
                 plan` counts them, `tapedeck retention apply` removes them"
            );
        }
        Ok(removed)
    }

    /// The next artifacts, of which those are named that no job points to; `None` after the last.
    ///
    /// Artifacts are listed before their jobs are looked up. A job is there before its artifacts,
    /// and the end of a job never changes: so one that is gone, or has ended without naming the
    /// artifact, never will name it. This needs no clock.
    async fn page(&self, after: Option<ReportRef>) -> Result<Option<Page>, StorageError> {
        let artifacts = self.ports.artifacts.list(after, PAGE).await?;
        let Some(last) = artifacts.last().map(|artifact| artifact.report.clone()) else {
            return Ok(None);
        };
        let mut orphans = Vec::new();
        for artifact in artifacts {
            if let Some(kind) = self.judge(&artifact).await? {
                orphans.push((artifact.report, kind));
            }
        }
        Ok(Some(Page { orphans, last }))
    }

    /// `None` for an artifact that is needed, or may be.
    async fn judge(&self, artifact: &StoredArtifact) -> Result<Option<Orphan>, StorageError> {
        let Some(job) = self.ports.jobs.find(artifact.job).await? else {
            return self.judge_without_job(artifact).await.map(Some);
        };
        let needed = match &job.state {
            // Its worker may be between putting it and committing it.
            JobState::Queued { .. } | JobState::Running { .. } | JobState::Cancelling { .. } => {
                true
            }
            JobState::Succeeded { .. }
            | JobState::Failed { .. }
            | JobState::Cancelled { .. }
            | JobState::TimedOut { .. } => job.state.report() == Some(&artifact.report),
        };
        Ok((!needed).then_some(Orphan::Superseded))
    }

    async fn judge_without_job(&self, artifact: &StoredArtifact) -> Result<Orphan, StorageError> {
        for kind in ["backtest", "sweep"] {
            let filter = AuditFilter {
                action: Some(format!("{kind}.delete")),
                subject: Some(format!("{kind}s/{}", artifact.job)),
                ..AuditFilter::default()
            };
            if !self.ports.audit.list(filter, None, 1).await?.is_empty() {
                return Ok(Orphan::OfRemovedJob);
            }
        }
        Ok(Orphan::OfUnknownJob)
    }
}
