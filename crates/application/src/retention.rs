//! Remove what was kept long enough, and what nobody points to.

mod clock;
mod orphans;
mod outcome;
mod policy;

use std::sync::Arc;

use tapedeck_domain::actor::Actor;
use tapedeck_domain::id::RequestId;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{
    ArtifactCatalog, AuditLog, Clock, JobStore, RetentionRule, RetentionStore, StorageError,
};

pub use outcome::{Orphans, PlannedState, Removed, RetentionPlan};
pub use policy::{Retain, RetentionPolicy};

use crate::remove::removal;
use clock::ClockWatch;

/// The ports that retention works on.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is described by its port")]
pub struct RetentionPorts {
    pub jobs: Arc<dyn JobStore>,
    pub expiry: Arc<dyn RetentionStore>,
    pub audit: Arc<dyn AuditLog>,
    pub artifacts: Arc<dyn ArtifactCatalog>,
    pub clock: Arc<dyn Clock>,
}

/// Remove what was kept long enough.
///
/// Rows go first, then their artifacts: no row ever points to an artifact that is gone. Whatever
/// breaks off in between leaves orphans, which are removed after that, in this pass or the next.
#[derive(Clone)]
pub struct Retention {
    ports: RetentionPorts,
    policy: RetentionPolicy,
    clock: ClockWatch,
}

/// Who has what was kept long enough removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// Somebody, who may look at the plan before.
    Asked(Actor, Option<RequestId>),
    /// Nobody is looking.
    Unattended,
}

/// Jobs that are removed in one transaction.
const BATCH: usize = 500;

impl Retention {
    /// By this policy. Watches the clock from now on.
    pub fn new(ports: RetentionPorts, policy: RetentionPolicy) -> Self {
        let clock = ClockWatch::start(ports.clock.as_ref());
        Self { ports, policy, clock }
    }

    /// What would be removed now. Changes nothing.
    ///
    /// # Errors
    /// A store failed.
    pub async fn plan(&self) -> Result<RetentionPlan, StorageError> {
        let mut states = Vec::new();
        for rule in self.rules() {
            let by_age = RetentionRule { keep_latest: None, ..rule };
            let by_count = RetentionRule { ended_before: None, ..rule };
            states.push(PlannedState {
                rule,
                by_age: self.count(by_age).await?,
                by_count: self.count(by_count).await?,
                expired: self.count(rule).await?,
            });
        }
        let keys = match self.moment() {
            Some(now) => self.ports.expiry.count_keys(now.minus(self.policy.keys)).await?,
            None => 0,
        };
        let orphans = self.count_orphans().await?;
        Ok(RetentionPlan { states, keys, orphans, clock_jumped: self.moment().is_none() })
    }

    /// Removes it.
    ///
    /// # Errors
    /// A store failed. What was removed until then is gone; the next pass does the rest.
    pub async fn apply(&self, occasion: &Occasion) -> Result<Removed, StorageError> {
        if self.moment().is_none() {
            tracing::warn!("the clock has jumped: nothing is removed for its age");
        }
        let mut removed = Removed::default();
        for rule in self.rules() {
            self.remove_expired(rule, occasion, &mut removed).await?;
        }
        if let Some(now) = self.moment() {
            removed.keys = self.ports.expiry.forget_keys(now.minus(self.policy.keys)).await?;
            // The age of a file is told by the same clock.
            removed.unfinished = self.ports.artifacts.sweep_unfinished().await?;
        }
        removed.orphans = self.remove_orphans(occasion).await?;
        if removed != Removed::default() {
            tracing::info!(
                jobs = removed.all_jobs(),
                artifacts = removed.artifacts,
                orphans = removed.orphans.all(),
                unfinished = removed.unfinished,
                keys = removed.keys,
                "removed what was kept long enough"
            );
        }
        Ok(removed)
    }

    /// The present, if the clock can be believed.
    fn moment(&self) -> Option<tapedeck_domain::time::Timestamp> {
        self.clock.now(self.ports.clock.as_ref())
    }

    fn rules(&self) -> Vec<RetentionRule> {
        self.policy.rules(self.moment())
    }

    async fn count(&self, rule: RetentionRule) -> Result<u64, StorageError> {
        if policy::is_empty(rule) {
            return Ok(0);
        }
        self.ports.expiry.count_expired(rule).await
    }

    async fn remove_expired(
        &self,
        rule: RetentionRule,
        occasion: &Occasion,
        removed: &mut Removed,
    ) -> Result<(), StorageError> {
        loop {
            let expired = self.ports.expiry.expired(rule, BATCH).await?;
            let gone = self.remove_jobs(&expired, occasion).await?;
            removed.count_jobs(rule.status, gone.len() as u64);
            for report in gone.iter().filter_map(|job| job.state.report()) {
                match self.ports.artifacts.remove(report).await {
                    Ok(()) => removed.artifacts += 1,
                    // It has become an orphan, whose turn comes.
                    Err(error) => tracing::warn!(%error, report = report.0, "an artifact stays"),
                }
            }
            // None at all: nothing is left, or somebody else is at it and does the rest.
            if gone.is_empty() {
                return Ok(());
            }
        }
    }

    /// Removes rows, and returns those that were there to be removed. Terminal states never
    /// change, so a refusal means that somebody else was faster.
    async fn remove_jobs<'a>(
        &self,
        jobs: &'a [Backtest],
        occasion: &Occasion,
    ) -> Result<Vec<&'a Backtest>, StorageError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let (actor, request_id) = occasion.requester();
        let now = self.ports.clock.now();
        let removals =
            jobs.iter().map(|job| removal(job, actor.clone(), request_id.clone(), now)).collect();
        let results = self.ports.jobs.delete(removals).await?;
        let gone = jobs.iter().zip(results).filter(|(_, result)| result.is_ok());
        Ok(gone.map(|(job, _)| job).collect())
    }
}

impl Occasion {
    fn requester(&self) -> (Actor, Option<RequestId>) {
        match self {
            Self::Asked(actor, request_id) => (actor.clone(), request_id.clone()),
            Self::Unattended => (Actor::system("retention"), None),
        }
    }
}
