use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{RunHandle, RunOne, StopCause, warn_of};
use tapedeck_domain::id::{LeaseId, WorkerId};
use tapedeck_domain::job::{Backtest, Lease};
use tapedeck_domain::port::{Claim, ClaimLimits, Clock, Ids, JobFeed, JobQueue, JobStore};
use tapedeck_domain::time::Timestamp;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::measure;
use crate::pulse::Pulse;
use crate::reaper::Reaper;
use crate::renewal::Renewal;
use crate::routing::route;
use crate::runs::Runs;
use crate::span::{claimed, describe, queued, span_of};
use crate::turns::Turns;

/// Claims jobs and has them run.
pub struct Worker {
    /// Where jobs come from.
    pub queue: Arc<dyn JobQueue>,
    /// Where they are changed.
    pub store: Arc<dyn JobStore>,
    /// What wakes the worker.
    pub feed: Arc<dyn JobFeed>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Lease ids.
    pub ids: Arc<dyn Ids>,
    /// What is done with each job.
    pub run_one: RunOne,
    /// How much, and how long.
    pub options: WorkerOptions,
    /// Where it gives signs of life.
    pub pulse: Pulse,
}

/// How much a worker does at once, and when others are given up.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Jobs at the same time.
    pub max_concurrent: usize,
    /// How long a lease may stand still.
    pub lease: Duration,
    /// Starts before a job is given up.
    pub max_attempts: u32,
    /// How many jobs of all workers may run at the same time.
    pub limits: ClaimLimits,
    /// How long runs may go on after a shutdown before they are handed back.
    pub drain: Duration,
}

/// Signals may come from this process alone, so the queue is looked at this often, too.
const POLL: Duration = Duration::from_secs(1);
/// How long runs have for handing their jobs back; one that does not is lost like its worker.
const HAND_BACK: Duration = Duration::from_secs(15);

/// Turns of other tasks in which no run ended, after which no more are waited for.
const QUIET_TURNS: usize = 4;
/// Fewer than these are not worth two claims.
const FEW: usize = 16;

/// Jobs that are claimed at once: where many run, half of them, so that one half is claimed while
/// the ends of the other are written.
fn at_once(max_concurrent: usize) -> usize {
    max_concurrent.div_ceil(2).max(FEW)
}

/// A worker at work.
struct Shift {
    worker: Worker,
    id: WorkerId,
    runs: Runs,
    tasks: JoinSet<()>,
    turns: Turns,
    queued: Arc<Notify>,
}

impl Worker {
    /// Works until `shutdown`: then nothing new is claimed, what runs may end within the time for
    /// draining, and what has not ended then is stopped and handed back, which spends none of its
    /// attempts.
    pub async fn run(self, shutdown: CancellationToken) {
        let id = WorkerId::from_uuid(self.ids.next());
        let (runs, queued) = (Runs::default(), Arc::new(Notify::new()));
        let turns = Turns::new(self.options.max_concurrent);
        let mut upkeep = JoinSet::new();
        upkeep.spawn(route(self.feed.subscribe(), runs.clone(), Arc::clone(&queued)));
        upkeep.spawn(self.renewal(&runs).keep());
        upkeep.spawn(self.reaper(&runs).watch());
        tracing::info!(worker.id = %id, "worker started");
        measure::begin();
        let tasks = JoinSet::new();
        let mut shift = Shift { worker: self, id, runs, tasks, turns, queued };
        shift.work(&shutdown).await;
        shift.drain().await;
        // Until here, so that no lease is lost while its run ends.
        upkeep.shutdown().await;
        tracing::info!(worker.id = %id, "worker stopped");
    }

    fn renewal(&self, runs: &Runs) -> Renewal {
        Renewal {
            queue: Arc::clone(&self.queue),
            clock: Arc::clone(&self.clock),
            runs: runs.clone(),
            lease: self.options.lease,
        }
    }

    fn reaper(&self, runs: &Runs) -> Reaper {
        Reaper {
            queue: Arc::clone(&self.queue),
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            runs: runs.clone(),
            lease: self.options.lease,
            max_attempts: self.options.max_attempts,
            pulse: Some(self.pulse.clone()),
        }
    }
}

impl Shift {
    async fn work(&mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            self.worker.pulse.beat(self.worker.clock.monotonic());
            let has_room = self.fill().await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(_) = self.tasks.join_next(), if !self.tasks.is_empty() => {}
                () = self.queued.notified(), if has_room => {}
                () = self.worker.clock.sleep(POLL) => {}
            }
            self.gather().await;
        }
    }

    /// What ends together makes room together: one claim for all of it. Lets other tasks go on for
    /// as long as that ends runs, and never waits for the clock.
    async fn gather(&mut self) {
        let mut quiet = 0;
        while quiet < QUIET_TURNS {
            tokio::task::yield_now().await;
            quiet += 1;
            while self.tasks.try_join_next().is_some() {
                quiet = 0;
            }
        }
    }

    /// Claims as many jobs as there is room for; whether room is left.
    async fn fill(&mut self) -> bool {
        let at_once = at_once(self.worker.options.max_concurrent);
        loop {
            let room = self.worker.options.max_concurrent.saturating_sub(self.tasks.len());
            if room == 0 {
                return false;
            }
            let asked = room.min(at_once);
            if self.claim(asked).await < asked {
                return true;
            }
        }
    }

    /// Claims up to so many jobs and starts them; how many they were.
    async fn claim(&mut self, room: usize) -> usize {
        let Worker { queue, clock, ids, options, .. } = &self.worker;
        let lease = |_| Lease { id: LeaseId::from_uuid(ids.next()), worker: self.id };
        let leases = (0..room).map(lease).collect();
        let (batch_first, limits) = (self.turns.of_batch(room), options.limits);
        let now = clock.now();
        match queue.claim(Claim { leases, batch_first, limits, now }).await {
            Ok(jobs) => {
                let claimed = jobs.len();
                measure::claimed(claimed);
                self.turns.count(&jobs);
                jobs.into_iter().for_each(|job| self.start(job, now));
                claimed
            }
            Err(error) => {
                measure::not_claimed();
                warn_of(&error, "the queue cannot be read");
                0
            }
        }
    }

    fn start(&mut self, job: Backtest, now: Timestamp) {
        let Some(lease) = job.state.lease() else { return };
        let (run_one, handle) = (self.worker.run_one.clone(), RunHandle::default());
        let listed = self.runs.add(job.id, lease.id, handle.clone());
        let span = span_of(&job, lease, self.worker.ids.as_ref());
        if job.attempt <= 1 {
            queued(&job, self.worker.ids.as_ref());
        }
        span.in_scope(|| claimed(&job, now));
        measure::started(&job, now);
        let active = measure::Active::new(job.submission.kind());
        let work = async move {
            let end = run_one.run(job, handle).await;
            measure::ended(&end);
            describe(&Span::current(), &end);
            drop((listed, active));
        };
        self.tasks.spawn(work.instrument(span));
    }

    async fn drain(&mut self) {
        let (clock, drain) = (Arc::clone(&self.worker.clock), self.worker.options.drain);
        tracing::info!(running = self.tasks.len(), "worker draining");
        if self.ended_within(drain, clock.as_ref()).await {
            return;
        }
        tracing::info!(running = self.tasks.len(), "handing back what still runs");
        self.runs.stop_all(StopCause::Shutdown);
        if !self.ended_within(HAND_BACK, clock.as_ref()).await {
            tracing::error!(running = self.tasks.len(), "some runs did not stop");
        }
    }

    /// Whether all runs have ended before `patience` has.
    async fn ended_within(&mut self, patience: Duration, clock: &dyn Clock) -> bool {
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        tokio::select! {
            biased;
            () = ended => true,
            () = clock.sleep(patience) => false,
        }
    }
}
