use async_trait::async_trait;

use super::StorageError;
use crate::id::{BacktestId, LeaseId};
use crate::job::{Backtest, Lease};
use crate::time::Timestamp;

/// Jobs, as workers see them.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Starts queued jobs, one for each lease: those of higher priority first, then the older
    /// ones. No two claims get the same job. Fewer come back when fewer are queued.
    async fn claim(
        &self,
        leases: Vec<Lease>,
        now: Timestamp,
    ) -> Result<Vec<Backtest>, StorageError>;

    /// Gives a sign of life for leases, and returns those that are still held. The revision of
    /// the jobs stays.
    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError>;

    /// All leases that are held, of all workers.
    async fn leased(&self) -> Result<Vec<Leased>, StorageError>;
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
