use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::LeaseId;
use tapedeck_domain::job::{Backtest, Conflict, JobChange};
use tapedeck_domain::port::{Claim, NewJob, Pause, Removal, Submitted};
use tapedeck_domain::time::Timestamp;

use crate::conformance::Jobs;

/// One call of a port.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Submit(Box<NewJob>),
    Claim(Claim),
    Commit(Vec<JobChange>),
    Renew(Vec<LeaseId>),
    Delete(Vec<Removal>),
    Pause(Option<Pause>, AuditEntry),
    ForgetKeys(Timestamp),
    Nothing,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// A job, or why there is none.
    Submitted(Result<Box<Submitted>, String>),
    Claimed(Vec<Backtest>),
    Decided(Vec<Result<(), Conflict>>),
    Held(Vec<LeaseId>),
    Changed(bool),
    Forgotten(u64),
    Nothing,
}

impl Call {
    pub(super) async fn make(&self, jobs: &Jobs) -> Answer {
        match self.clone() {
            Self::Submit(new) => {
                let submitted = jobs.store.submit(*new).await;
                Answer::Submitted(submitted.map(Box::new).map_err(|error| error.to_string()))
            }
            Self::Claim(claim) => Answer::Claimed(jobs.queue.claim(claim).await.unwrap()),
            Self::Commit(changes) => Answer::Decided(jobs.store.commit(changes).await.unwrap()),
            Self::Renew(leases) => Answer::Held(jobs.queue.renew(leases).await.unwrap()),
            Self::Delete(removals) => Answer::Decided(jobs.store.delete(removals).await.unwrap()),
            Self::Pause(pause, audit) => {
                Answer::Changed(jobs.control.set_pause(pause, audit).await.unwrap())
            }
            Self::ForgetKeys(moment) => {
                Answer::Forgotten(jobs.retention.forget_keys(moment).await.unwrap())
            }
            Self::Nothing => Answer::Nothing,
        }
    }
}
