use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use tapedeck_domain::job::{LogBody, RequeueReason};

use super::{JOBS, LIMITS, Storm};
use crate::builders::id;

impl Storm {
    /// Looks at what is leased, again and again; one look sees one moment. Says how often.
    pub(super) async fn observe(self: Arc<Self>) -> u64 {
        let mut looks = 0;
        while !self.over.load(Ordering::SeqCst) {
            let leased = self.process(looks).queue.leased().await.unwrap();
            let mut strategies: BTreeMap<u64, u64> = BTreeMap::new();
            for held in &leased {
                let number = (1..=JOBS).find(|n| id(*n) == held.job).unwrap();
                *strategies.entry(number % 3).or_default() += 1;
            }
            assert!(leased.len() as u64 <= LIMITS.running.unwrap(), "{leased:?}");
            let most = strategies.values().max().copied().unwrap_or(0);
            assert!(most <= LIMITS.per_strategy.unwrap(), "{strategies:?}");
            looks += 1;
            tokio::task::yield_now().await;
        }
        looks
    }

    /// When all is over: what the logs say is what the workers know.
    pub(super) async fn check(&self) {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert!(given.values().all(|jobs| jobs.len() == 1), "a lease for each start: {given:?}");
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut requeued = 0;
        for n in 1..=JOBS {
            let job = self.process(n).found(id(n)).await;
            assert!(job.state.status().is_terminal(), "{job:?}");
            let log = self.process(n).feed.events(id(n), 0).await.unwrap();
            assert!(log.iter().map(|event| event.seq).eq(1..=job.last_seq), "{log:?}");
            let (mut started, mut refunded) = (0, 0);
            for event in &log {
                match &event.body {
                    LogBody::Started { .. } => started += 1,
                    LogBody::Queued {
                        reason: Some(RequeueReason::HandedBack | RequeueReason::Snoozed),
                        ..
                    } => refunded += 1,
                    LogBody::Queued { .. }
                    | LogBody::Progress(_)
                    | LogBody::Log { .. }
                    | LogBody::Cancelling { .. }
                    | LogBody::Succeeded { .. }
                    | LogBody::Failed { .. }
                    | LogBody::Cancelled
                    | LogBody::TimedOut { .. } => {}
                }
            }
            assert_eq!(starts.get(&id(n)).copied().unwrap_or(0), started, "{log:?}");
            assert_eq!(u64::from(job.attempt), started - refunded, "{log:?}");
            requeued += u64::from(started > 1);
        }
        assert!(requeued > 0, "some jobs were started again");
        assert_eq!(self.process(0).queue.leased().await.unwrap(), []);
    }
}
