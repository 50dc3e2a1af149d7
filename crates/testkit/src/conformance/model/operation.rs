use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any as anything, prop_oneof};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::{Backtest, JobChange, JobEvent, Priority, transition};
use tapedeck_domain::port::{Claim, ClaimLimits, NewJob};

use super::Model;
use super::call::Call;
use crate::builders::{id, idempotency, lease, new_job_of, removal};
use crate::conformance::on_jobs::{cancel, decision, fail, pause, progress, succeed, time_out};

/// Something to do, whatever there is.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Of a job that may equal others and may carry a key.
    Submit(Wish),
    /// For so many leases.
    Claim {
        /// Leases.
        leases: u64,
        /// Of which so many go to batch jobs first.
        batch_first: usize,
        /// Under limits or not.
        limits: ClaimLimits,
    },
    /// Of events to jobs, in one call.
    Commit(Vec<Step>),
    /// Of leases, given out or not.
    Renew(Vec<u64>),
    /// Of jobs, and whether the revision is the right one.
    Delete(Vec<(u64, bool)>),
    /// Pauses the queue, or lets it go on.
    Pause(bool),
    /// Of keys that were used so many seconds ago.
    ForgetKeys(i64),
    /// Moves the clock by so many seconds.
    Clock(i64),
}

/// A job to be submitted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Those with the same are equal.
    inputs: u8,
    /// A key, and which body came with it.
    key: Option<(u8, bool)>,
    batch: bool,
    force_new: bool,
    /// In how many seconds it may be started.
    not_before: Option<i64>,
    strategy: u8,
}

/// One change of several.
#[derive(Debug, Clone)]
pub struct Step {
    job: u64,
    event: u8,
    /// In how many seconds it is tried again.
    retry: i64,
    /// Whether it was decided after the changes before it in the same call.
    follows: bool,
    fault: Option<Fault>,
}

/// What is wrong with a change.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Revision,
    Lease,
}

/// Jobs that wait, beyond which none is added.
const QUEUE_LIMIT: u64 = 8;

/// Moments around the longest pause, so that both of its sides are common.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![-400..400_i64, Just(0), Just(300), Just(301)]
}

pub(super) fn any() -> BoxedStrategy<Operation> {
    let job = || 1..16_u64;
    let claim = (1..4_u64, 0..3_usize, of(0..4_u64), of(0..3_u64));
    let claim = claim.prop_map(|(leases, batch_first, running, per_strategy)| {
        let limits = ClaimLimits { running, per_strategy };
        Operation::Claim { leases, batch_first, limits }
    });
    prop_oneof![
        5 => wish().prop_map(Operation::Submit),
        5 => claim,
        8 => vec(step(), 1..4).prop_map(Operation::Commit),
        1 => vec(1..16_u64, 0..4).prop_map(Operation::Renew),
        1 => vec((job(), proptest::bool::weighted(0.8)), 1..4).prop_map(Operation::Delete),
        1 => proptest::bool::weighted(0.3).prop_map(Operation::Pause),
        1 => seconds().prop_map(Operation::ForgetKeys),
        2 => seconds().prop_map(Operation::Clock),
    ]
    .boxed()
}

fn wish() -> impl Strategy<Value = Wish> {
    let rarely = || proptest::bool::weighted(0.2);
    let key = of((0..3_u8, rarely()));
    let parts = (0..6_u8, key, anything::<bool>(), rarely(), of(seconds()), 0..3_u8);
    parts.prop_map(|(inputs, key, batch, force_new, not_before, strategy)| Wish {
        inputs,
        key,
        batch,
        force_new,
        not_before,
        strategy,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![
        6 => Just(None), 1 => Just(Some(Fault::Revision)), 1 => Just(Some(Fault::Lease)),
    ];
    let parts = (1..16_u64, 0..11_u8, seconds(), anything::<bool>(), fault);
    parts.prop_map(|(job, event, retry, follows, fault)| Step { job, event, retry, follows, fault })
}

/// The id of the `n`-th job: not in the order of submission.
fn name(n: u64) -> BacktestId {
    id(1 + n * 37 % 101)
}

impl Model {
    /// What the operation means just now.
    pub(super) async fn call(&mut self, operation: &Operation) -> Call {
        match operation {
            Operation::Submit(wish) => Call::Submit(Box::new(self.new_job(wish))),
            Operation::Claim { leases, batch_first, limits } => {
                let leases = (0..*leases).map(|_| self.next_lease()).collect();
                let (batch_first, limits) = (*batch_first, *limits);
                Call::Claim(Claim { batch_first, limits, ..Claim::new(leases, self.now()) })
            }
            Operation::Commit(steps) => Call::Commit(self.changes(steps).await),
            Operation::Renew(leases) => Call::Renew(leases.iter().map(|n| lease(*n).id).collect()),
            Operation::Delete(jobs) => {
                let mut removals = Vec::new();
                for (n, right) in jobs {
                    let found = self.jobs().store.find(self.pick(*n)).await.unwrap();
                    let revision = found.map_or(1, |job| job.revision);
                    removals.push(removal(self.pick(*n), revision + u64::from(!right)));
                }
                Call::Delete(removals)
            }
            Operation::Pause(true) => Call::Pause(Some(pause("because")), decision("queue.pause")),
            Operation::Pause(false) => Call::Pause(None, decision("queue.resume")),
            Operation::ForgetKeys(ago) => Call::ForgetKeys(self.later(-ago)),
            Operation::Clock(seconds) => {
                self.clock += seconds;
                Call::Nothing
            }
        }
    }

    /// A job that was submitted, or none.
    fn pick(&self, n: u64) -> BacktestId {
        name(n % (self.submitted + 1))
    }

    fn new_job(&mut self, wish: &Wish) -> NewJob {
        self.submitted += 1;
        let mut new = new_job_of(1, |submission| {
            submission.input_hash = format!("inputs {}", wish.inputs);
            submission.priority = if wish.batch { Priority::Batch } else { Priority::Interactive };
            submission.force_new = wish.force_new;
            submission.not_before = wish.not_before.map(|seconds| self.later(seconds));
            submission.spec.strategy.id = format!("strategy-{}", wish.strategy).parse().unwrap();
        });
        (new.job.id, new.job.created_at) = (name(self.submitted), self.now());
        new.event.at = self.now();
        let key = wish.key.as_ref();
        new.idempotency =
            key.map(|(key, body)| idempotency(&format!("key-{key}"), &format!("body {body}")));
        new.queue_limit = QUEUE_LIMIT;
        new
    }

    async fn changes(&mut self, steps: &[Step]) -> Vec<JobChange> {
        let mut decided: BTreeMap<BacktestId, Backtest> = BTreeMap::new();
        let mut changes = Vec::new();
        for step in steps {
            let id = self.pick(step.job);
            let before = decided.get(&id).filter(|_| step.follows).cloned();
            let stored = self.jobs().store.find(id).await.unwrap();
            let Some(job) = before.or(stored) else { continue };
            let event = self.event(step);
            let Ok(change) = transition(&job, event, self.now()) else { continue };
            decided.extend(job.apply(&change).map(|next| (id, next)));
            changes.push(spoilt(change, step.fault));
        }
        changes
    }

    fn event(&mut self, step: &Step) -> JobEvent {
        let retry_at = self.later(step.retry);
        match step.event {
            0 => JobEvent::Claim(self.next_lease()),
            1 => progress(2),
            2 => succeed(),
            3 => fail(),
            4 => time_out(),
            5 => cancel(),
            6 => JobEvent::Stop { partial: None },
            7 => JobEvent::Release,
            8 => JobEvent::Snooze { retry_at, why: "no room".to_owned() },
            _ => JobEvent::LoseWorker { max_attempts: 2, retry_at },
        }
    }
}

/// A revision so far ahead that the other changes of the call do not come to it.
fn spoilt(change: JobChange, fault: Option<Fault>) -> JobChange {
    match fault {
        Some(Fault::Revision) => {
            JobChange { expected_revision: change.expected_revision + 100, ..change }
        }
        Some(Fault::Lease) => JobChange { fence: Some(lease(9999).id), ..change },
        None => change,
    }
}
