use std::sync::Arc;
use std::sync::atomic::Ordering;

use tapedeck_domain::job::{Backtest, JobEvent, transition};
use tapedeck_domain::port::Claim;

use super::{JOBS, LIMITS, Storm};
use crate::builders::id;
use crate::conformance::Jobs;
use crate::conformance::on_jobs::{cancel, fail, progress, succeed};

impl Storm {
    /// Claims two at a time until all has ended.
    pub(super) async fn work(self: Arc<Self>, worker: u64) {
        let process = self.process(worker);
        loop {
            let leases = vec![self.lease(), self.lease()];
            let batch_first = usize::from(worker == 0);
            let claim = Claim { batch_first, limits: LIMITS, ..Claim::new(leases, Self::now()) };
            let claimed = process.queue.claim(claim).await.unwrap();
            let n = claimed.len() as u64;
            let working = self.working.fetch_add(n, Ordering::SeqCst) + n;
            assert!(working <= LIMITS.running.unwrap(), "{working} are worked on");
            claimed.iter().for_each(|job| self.note(job));
            for job in &claimed {
                tokio::task::yield_now().await;
                self.working.fetch_sub(1, Ordering::SeqCst);
                self.finish(job).await;
            }
            if claimed.is_empty() {
                if self.is_over().await {
                    return;
                }
                // Also where the store never waits, so that others get their turn.
                tokio::task::yield_now().await;
            }
        }
    }

    /// The first start of a job comes to anything; later ones run it to its end.
    async fn finish(&self, job: &Backtest) {
        let holder = self.process(job.revision);
        let (retry_at, why) = (Self::now(), "no room".to_owned());
        let number = job.submission.spec.seed;
        let again = job.last_seq > 2;
        let events = match number % 6 {
            0 if !again => vec![JobEvent::Release],
            1 if !again => vec![progress(1), JobEvent::Snooze { retry_at, why }],
            2 if !again => vec![JobEvent::LoseWorker { max_attempts: 9, retry_at }],
            3 => vec![progress(1), fail()],
            _ => vec![progress(1), progress(2), succeed()],
        };
        let mut job = job.clone();
        for event in events {
            match apply(holder, &job, event).await {
                Some(next) => job = next,
                None => return self.stop(holder, &job).await,
            }
        }
    }

    /// What a worker does when somebody asked for the end of its job.
    async fn stop(&self, process: &Jobs, job: &Backtest) {
        let cancelling = process.found(job.id).await;
        assert_eq!(cancelling.state.lease(), job.state.lease(), "nobody else has it");
        let stopped = apply(process, &cancelling, JobEvent::Stop { partial: None }).await;
        assert!(stopped.is_some(), "nobody else may end it");
    }

    /// Every fifth job, at any moment of its life.
    pub(super) async fn cancel(self: Arc<Self>) {
        for n in (1..=JOBS).filter(|n| n % 5 == 0) {
            let process = self.process(n);
            loop {
                let Some(job) = process.store.find(id(n)).await.unwrap() else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let Ok(change) = transition(&job, cancel(), Self::now()) else { break };
                if process.commit(change).await.is_ok() {
                    break;
                }
            }
        }
    }
}

/// The job after the event, unless somebody else changed it before.
async fn apply(process: &Jobs, job: &Backtest, event: JobEvent) -> Option<Backtest> {
    let change = transition(job, event, Storm::now()).unwrap();
    let next = job.apply(&change).unwrap();
    process.commit(change).await.is_ok().then_some(next)
}
