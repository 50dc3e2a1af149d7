use std::collections::BTreeMap;

use async_trait::async_trait;
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, JobEvent, Lease, Priority, transition};
use tapedeck_domain::port::{Claim, ClaimLimits, JobQueue, Leased, Room, Signal, StorageError};
use tapedeck_domain::time::Timestamp;

use super::{MemoryJobs, Row, State};

impl State {
    fn claim(&mut self, wanted: &Claim) -> Vec<Backtest> {
        if self.pause.is_some() {
            return Vec::new();
        }
        let mut room = self.room(wanted.limits);
        let mut leases = wanted.leases.iter();
        let mut claimed = Vec::new();
        for (priority, most) in wanted.turns() {
            for job in self.due(priority, wanted.now) {
                if claimed.len() == most || !room.take(&job.submission.spec.strategy.id) {
                    continue;
                }
                let Some(lease) = leases.next() else { return claimed };
                claimed.extend(self.start(&job, *lease, wanted.now));
            }
        }
        claimed
    }

    fn start(&mut self, job: &Backtest, lease: Lease, now: Timestamp) -> Option<Backtest> {
        let change = transition(job, JobEvent::Claim(lease), now).ok()?;
        self.apply(&change).ok()?;
        job.apply(&change).ok()
    }

    /// What may be started, in the order of the queue.
    fn due(&self, priority: Option<Priority>, now: Timestamp) -> Vec<Backtest> {
        let wanted = |row: &&Row| {
            row.job.is_due(now) && priority.is_none_or(|p| p == row.job.submission.priority)
        };
        let mut rows: Vec<&Row> = self.jobs.values().filter(wanted).collect();
        rows.sort_by_key(|row| (row.job.submission.priority, row.position));
        rows.into_iter().map(|row| row.job.clone()).collect()
    }

    fn room(&self, limits: ClaimLimits) -> Room {
        let mut running = BTreeMap::new();
        for row in self.jobs.values().filter(|row| row.job.state.lease().is_some()) {
            *running.entry(row.job.submission.spec.strategy.id.clone()).or_insert(0) += 1;
        }
        Room::new(limits, running)
    }
}

#[async_trait]
impl JobQueue for MemoryJobs {
    async fn claim(&self, wanted: Claim) -> Result<Vec<Backtest>, StorageError> {
        let claimed = self.lock().claim(&wanted);
        for job in &claimed {
            self.feed.send(Signal::Changed(job.id, job.state.status()));
        }
        Ok(claimed)
    }

    async fn renew(&self, leases: Vec<LeaseId>) -> Result<Vec<LeaseId>, StorageError> {
        let mut state = self.lock();
        let mut renew = |lease: &LeaseId| {
            let held = |row: &&mut Row| row.job.state.lease().is_some_and(|l| l.id == *lease);
            let row = state.jobs.values_mut().find(held);
            row.map(|row| row.renewals += 1).is_some()
        };
        Ok(leases.into_iter().filter(|lease| renew(lease)).collect())
    }

    async fn leased(&self) -> Result<Vec<Leased>, StorageError> {
        let leased = |row: &Row| {
            let lease = row.job.state.lease()?.id;
            Some(Leased { job: row.job.id, lease, renewals: row.renewals })
        };
        Ok(self.lock().jobs.values().filter_map(leased).collect())
    }
}
