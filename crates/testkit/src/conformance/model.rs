//! Any sequence of calls, made of two stores that must then look alike: with the in-memory
//! adapter as one of them, a model of the other.

use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobChange, JobEvent, LoggedEvent, Priority, transition};
use tapedeck_domain::port::{Claim, JobFilter, Leased, NewJob, Page, Submitted};

use super::Jobs;
use super::on_jobs::{cancel, fail, lose, now, progress, succeed, time_out};
use crate::builders::{id, idempotency, lease, new_job_of, removal};

/// One call.
#[derive(Debug, Clone, Copy)]
pub enum Operation {
    /// Of a job that may equal others and may carry a key.
    Submit {
        /// Those with the same are equal.
        inputs: u8,
        /// Whether there is a key, which one, and which body came with it.
        key: u8,
        /// Whether it goes last, and whether it is a run of its own.
        flags: u8,
    },
    /// For so many leases.
    Claim(u8),
    /// Of one event to one job.
    Commit {
        /// Which job.
        job: u8,
        /// Which event.
        event: u8,
        /// Whether revision and lease are the right ones.
        fault: u8,
    },
    /// Of one lease.
    Renew(u8),
    /// Of one job.
    Delete {
        /// Which job.
        job: u8,
        /// Whether the revision is the right one.
        fault: u8,
    },
}

impl From<[u8; 4]> for Operation {
    /// Any four bytes are an operation, so that a generator needs to know nothing of them.
    fn from([kind, a, b, c]: [u8; 4]) -> Self {
        match kind % 8 {
            0 | 1 => Self::Submit { inputs: a % 3, key: b, flags: c },
            2 => Self::Claim(a % 3 + 1),
            3..=5 => Self::Commit { job: a, event: b, fault: c },
            6 => Self::Renew(a),
            _ => Self::Delete { job: a, fault: c },
        }
    }
}

/// Two stores that were treated alike.
pub struct Pair {
    left: Jobs,
    right: Jobs,
    submitted: u64,
    leases: u64,
}

/// Everything that can be seen of a store.
#[derive(Debug, PartialEq)]
struct View {
    listed: Vec<Backtest>,
    count: u64,
    leased: Vec<Leased>,
    logs: Vec<Vec<LoggedEvent>>,
}

impl Pair {
    /// Of two empty stores.
    pub fn new(left: Jobs, right: Jobs) -> Self {
        Self { left, right, submitted: 0, leases: 0 }
    }

    /// Makes one call of both.
    ///
    /// # Panics
    /// When they answer differently, or look different afterwards.
    pub async fn apply(&mut self, operation: Operation) {
        match operation {
            Operation::Submit { inputs, key, flags } => self.submit(inputs, key, flags).await,
            Operation::Claim(n) => self.claim(u64::from(n)).await,
            Operation::Commit { job, event, fault } => self.commit(job, event, fault).await,
            Operation::Renew(n) => self.renew(n).await,
            Operation::Delete { job, fault } => self.delete(job, fault).await,
        }
        let (left, right) = (self.view(&self.left).await, self.view(&self.right).await);
        assert_eq!(left, right, "after {operation:?}");
    }

    async fn submit(&mut self, inputs: u8, key: u8, flags: u8) {
        self.submitted += 1;
        let new = new_job(self.submitted, inputs, key, flags);
        let left = self.left.store.submit(new.clone()).await;
        let right = self.right.store.submit(new).await;
        let answer = |submitted: Result<Submitted, _>| format!("{submitted:?}");
        assert_eq!(answer(left), answer(right));
    }

    async fn claim(&mut self, n: u64) {
        let leases: Vec<_> = (self.leases + 1..=self.leases + n).map(lease).collect();
        self.leases += n;
        let left = self.left.queue.claim(Claim::new(leases.clone(), now())).await.unwrap();
        assert_eq!(left, self.right.queue.claim(Claim::new(leases, now())).await.unwrap());
    }

    async fn commit(&self, job: u8, event: u8, fault: u8) {
        let Some(job) = self.left.store.find(self.pick(job)).await.unwrap() else { return };
        let Ok(change) = transition(&job, self.event(event), now()) else { return };
        let change = spoilt(change, fault);
        // Twice, so that a batch of which one must conflict is common.
        let changes = vec![change.clone(), change];
        let left = self.left.store.commit(changes.clone()).await.unwrap();
        assert_eq!(left, self.right.store.commit(changes).await.unwrap());
    }

    async fn renew(&self, n: u8) {
        let leases = vec![lease(u64::from(n) % (self.leases + 1)).id];
        let left = self.left.queue.renew(leases.clone()).await.unwrap();
        assert_eq!(left, self.right.queue.renew(leases).await.unwrap());
    }

    async fn delete(&self, job: u8, fault: u8) {
        let id = self.pick(job);
        let found = self.left.store.find(id).await.unwrap();
        let revision = found.map_or(1, |job| job.revision) + u64::from(fault.is_multiple_of(4));
        let removals = vec![removal(id, revision)];
        let left = self.left.store.delete(removals.clone()).await.unwrap();
        assert_eq!(left, self.right.store.delete(removals).await.unwrap());
    }

    fn pick(&self, n: u8) -> BacktestId {
        id(u64::from(n) % (self.submitted + 1))
    }

    fn event(&self, n: u8) -> JobEvent {
        match n % 9 {
            0 => JobEvent::Claim(lease(self.leases + 1000)),
            1 => progress(2),
            2 => succeed(),
            3 => fail(),
            4 => time_out(),
            5 => cancel(),
            6 => JobEvent::Stop { partial: None },
            7 => JobEvent::Release,
            _ => lose(2),
        }
    }

    async fn view(&self, jobs: &Jobs) -> View {
        let (all, page) = (JobFilter::default(), Page { after: None, limit: 1000 });
        let mut leased = jobs.queue.leased().await.unwrap();
        leased.sort_unstable_by_key(|held| held.job);
        let mut logs = Vec::new();
        for n in 1..=self.submitted {
            logs.push(jobs.feed.events(id(n), 0).await.unwrap());
        }
        View {
            listed: jobs.catalog.list(all.clone(), page).await.unwrap(),
            count: jobs.catalog.count(all).await.unwrap(),
            leased,
            logs,
        }
    }
}

fn new_job(n: u64, inputs: u8, key: u8, flags: u8) -> NewJob {
    let mut new = new_job_of(n, |submission| {
        submission.input_hash = format!("inputs {inputs}");
        submission.priority = if flags & 1 == 0 { Priority::Interactive } else { Priority::Batch };
        submission.force_new = flags % 8 == 2;
    });
    if key % 2 == 1 {
        let (name, body) = (key / 2 % 3, key / 8 % 4 / 3);
        new.idempotency = Some(idempotency(&format!("key-{name}"), &format!("body {body}")));
    }
    new.queue_limit = 6;
    new
}

/// Decided on another revision, or under another lease, now and then.
fn spoilt(change: JobChange, fault: u8) -> JobChange {
    match fault % 6 {
        0 => JobChange { expected_revision: change.expected_revision + 1, ..change },
        1 => JobChange { fence: Some(lease(999).id), ..change },
        _ => change,
    }
}
