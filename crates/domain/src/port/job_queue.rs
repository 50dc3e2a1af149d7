use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StorageError;
use crate::id::{BacktestId, LeaseId, StrategyId};
use crate::job::{Backtest, Lease, Priority};
use crate::time::Timestamp;

/// Jobs, as workers see them.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Starts queued jobs that are due, one for each lease: those of higher priority first, of
    /// one priority those that were added earlier, whatever the clocks said then. No two claims
    /// get the same job. Fewer come back when fewer are queued, or may run at the same time;
    /// none while the queue is paused.
    async fn claim(&self, claim: Claim) -> Result<Vec<Backtest>, StorageError>;

    /// Gives a sign of life for leases, and returns those that are still held. The revision of
    /// the jobs stays.
    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError>;

    /// All leases that are held, of all workers.
    async fn leased(&self) -> Result<Vec<Leased>, StorageError>;
}

/// What a worker asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// One job for each, at most.
    pub leases: Vec<Lease>,
    /// So many of them go to batch jobs before any other, so that those never starve.
    pub batch_first: usize,
    /// How many jobs of all workers may run at the same time.
    pub limits: ClaimLimits,
    /// The moment of the start.
    pub now: Timestamp,
}

impl Claim {
    /// Without limits, by priority alone.
    pub fn new(leases: Vec<Lease>, now: Timestamp) -> Self {
        Self { leases, batch_first: 0, limits: ClaimLimits::default(), now }
    }

    /// The priorities to choose from, each with how many jobs of it may be taken at most.
    pub fn turns(&self) -> [(Option<Priority>, usize); 2] {
        let batch = self.batch_first.min(self.leases.len());
        [(Some(Priority::Batch), batch), (None, self.leases.len())]
    }
}

/// How many jobs of all workers may run at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClaimLimits {
    /// Of all strategies together.
    pub running: Option<u64>,
    /// Of each strategy; rules that came with their requests count as one.
    pub per_strategy: Option<u64>,
}

impl ClaimLimits {
    /// Whether there are any, so that it matters what runs.
    pub fn are_set(&self) -> bool {
        self.running.is_some() || self.per_strategy.is_some()
    }
}

/// How many jobs a claim may still start under its limits.
#[derive(Debug, Clone)]
pub struct Room {
    limits: ClaimLimits,
    all: u64,
    running: BTreeMap<StrategyId, u64>,
}

impl Room {
    /// With so many running of each strategy.
    pub fn new(limits: ClaimLimits, running: BTreeMap<StrategyId, u64>) -> Self {
        Self { limits, all: running.values().sum(), running }
    }

    /// How many more of all strategies together; `None` when there is no limit.
    pub fn left(&self) -> Option<u64> {
        self.limits.running.map(|limit| limit.saturating_sub(self.all))
    }

    /// The strategies of which none may be started.
    pub fn full(&self) -> Vec<StrategyId> {
        let Some(limit) = self.limits.per_strategy else { return Vec::new() };
        let full = self.running.iter().filter(|(_, running)| **running >= limit);
        full.map(|(id, _)| id.clone()).collect()
    }

    /// Takes a place for a job of `strategy`, if there is one.
    pub fn take(&mut self, strategy: &StrategyId) -> bool {
        let running = self.running.get(strategy).copied().unwrap_or(0);
        let full = self.limits.per_strategy.is_some_and(|limit| running >= limit);
        if full || self.left() == Some(0) {
            return false;
        }
        self.all += 1;
        self.running.insert(strategy.clone(), running + 1);
        true
    }
}

/// A lease that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    /// The job.
    pub job: BacktestId,
    /// The lease.
    pub lease: LeaseId,
    /// Grows with each renewal and with nothing else; an observer who sees it stand still knows
    /// the worker is gone.
    pub renewals: u64,
}
