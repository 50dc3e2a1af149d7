//! Has schedules looked at, and their runs done.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{Conductor, Observed, ScheduledTask, TaskEnd, TaskError, warn_of};
use tapedeck_domain::id::ScheduleRunId;
use tapedeck_domain::port::{Clock, StorageError};
use tapedeck_domain::schedule::{Outcome, ScheduleName, ScheduleRun};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::sightings::Sightings;

/// Looks at all schedules again and again, and does what is due. Several at once, of any number of
/// processes, do each tick once.
pub struct Scheduler {
    /// What decides.
    pub conductor: Conductor,
    /// What is done; a schedule without a task fails.
    pub tasks: HashMap<ScheduleName, Arc<dyn ScheduledTask>>,
    /// Time. The wall clock has no say in when it looks.
    pub clock: Arc<dyn Clock>,
    /// How long a run may go without a sign of life of its process.
    pub lease: Duration,
}

/// Between two looks, at most; requests of other processes are noticed so soon.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks, at least.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// Between two tries at a store that does not answer.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// How long runs have for saying that they were interrupted.
const SAY_SO: Duration = Duration::from_secs(5);

/// A scheduler at work.
struct Shift {
    scheduler: Arc<Scheduler>,
    runs: JoinSet<()>,
    /// Those of this process live, whatever the store says.
    own: HashSet<ScheduleRunId>,
    sightings: Sightings<ScheduleRunId>,
    is_away: bool,
}

impl Scheduler {
    /// Works until `shutdown`; runs that go on then are broken off, and the history says so.
    pub async fn run(self, shutdown: CancellationToken) {
        let sightings = Sightings::new(self.lease, POLL);
        let (runs, own) = (JoinSet::new(), HashSet::new());
        let mut shift = Shift { scheduler: Arc::new(self), runs, own, sightings, is_away: false };
        shift.work(&shutdown).await;
        shift.stop().await;
    }
}

impl Shift {
    async fn work(&mut self, shutdown: &CancellationToken) {
        let clock = Arc::clone(&self.scheduler.clock);
        while !shutdown.is_cancelled() {
            let pause = self.look(shutdown).await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                // Its end makes way for what waits.
                Some(_) = self.runs.join_next(), if !self.runs.is_empty() => {}
                () = clock.sleep(pause) => {}
            }
        }
    }

    /// How long until there is something to do again.
    async fn look(&mut self, shutdown: &CancellationToken) -> Duration {
        let found = match self.scheduler.conductor.look().await {
            Ok(found) => found,
            Err(error) => {
                self.sightings.forget();
                // Once for each time that it is away, and not for each look.
                if !std::mem::replace(&mut self.is_away, true) {
                    warn_of(&error, "schedules cannot be looked at");
                }
                return POLL;
            }
        };
        self.is_away = false;
        let pause = self.pause(&found);
        self.bury(&found).await;
        for run in found.begun {
            let (scheduler, id) = (Arc::clone(&self.scheduler), run.id);
            let span = tracing::info_span!(
                "schedule", schedule = run.schedule.as_str(), run.id = %run.id
            );
            let work = scheduler.work(run, shutdown.clone()).instrument(span);
            self.runs.spawn(work);
            self.own.insert(id);
        }
        pause
    }

    fn pause(&self, found: &Observed) -> Duration {
        let now = self.scheduler.clock.now();
        let wait = found.next.map_or(POLL, |next| {
            let nanos = next.as_nanos().saturating_sub(now.as_nanos()).max(0);
            Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
        });
        wait.clamp(SHORTEST_PAUSE, POLL)
    }

    /// Ends the runs of processes that are gone: of which nothing was heard for a lease.
    async fn bury(&mut self, found: &Observed) {
        self.own.retain(|id| found.running.iter().any(|(_, running, _)| running == id));
        let seen: Vec<_> = found.running.iter().map(|(_, id, beats)| (*id, *beats)).collect();
        let dead = self.sightings.add(&seen, self.scheduler.clock.monotonic());
        for id in dead.into_iter().filter(|id| !self.own.contains(id)) {
            let Some((schedule, ..)) = found.running.iter().find(|(_, run, _)| *run == id) else {
                continue;
            };
            let detail = Some("nothing is heard of the process that ran it".to_owned());
            let (conductor, outcome) = (&self.scheduler.conductor, Outcome::Interrupted);
            if conductor.finish(*schedule, id, outcome, None, detail).await.is_err() {
                // What cannot be written could not give signs of life either.
                self.sightings.forget();
            }
        }
    }

    async fn stop(&mut self) {
        let clock = Arc::clone(&self.scheduler.clock);
        let ended = async { while self.runs.join_next().await.is_some() {} };
        tokio::select! {
            biased;
            () = ended => {}
            () = clock.sleep(SAY_SO) => {}
        }
    }
}

impl Scheduler {
    /// Does one run, and commits how it ended.
    async fn work(self: Arc<Self>, run: ScheduleRun, shutdown: CancellationToken) {
        let start = self.clock.monotonic();
        let (outcome, detail) = tokio::select! {
            biased;
            () = shutdown.cancelled() => {
                (Outcome::Interrupted, "the process that ran it was stopped".to_owned())
            }
            () = self.given_up(&run) => return,
            ended = self.task(run.schedule) => said(ended),
        };
        let took = self.clock.monotonic().saturating_sub(start);
        self.finish(run.schedule, run.id, outcome, Some(took), detail).await;
    }

    /// Apart, so that a task that panics has an end like any other.
    async fn task(&self, schedule: ScheduleName) -> Result<TaskEnd, TaskError> {
        let Some(task) = self.tasks.get(&schedule).map(Arc::clone) else {
            return Err(TaskError("this process does not know how to do it".to_owned()));
        };
        let mut apart = JoinSet::new();
        apart.spawn(async move { task.run().await }.in_current_span());
        match apart.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => {
                Err(TaskError("it broke off: the log has the reason".to_owned()))
            }
        }
    }

    /// Gives signs of life, four in a lease. Returns when others have given the run up.
    async fn given_up(&self, run: &ScheduleRun) {
        let (every, mut pause) = (self.lease / 4, self.lease / 4);
        loop {
            self.clock.sleep(pause).await;
            pause = match self.conductor.beat(run).await {
                Ok(true) => every,
                Ok(false) => {
                    tracing::warn!("the run was given up by another process");
                    return;
                }
                Err(_) => RETRY_AFTER.min(every),
            };
        }
    }

    /// Commits the end of a run, for as long as the store does not answer: until then others
    /// would take it for going on.
    async fn finish(
        &self,
        schedule: ScheduleName,
        id: ScheduleRunId,
        outcome: Outcome,
        took: Option<Duration>,
        detail: String,
    ) {
        loop {
            let detail = Some(detail.clone());
            match self.conductor.finish(schedule, id, outcome, took, detail).await {
                Err(StorageError::Unavailable(_)) => self.clock.sleep(RETRY_AFTER).await,
                Ok(()) => return,
                Err(error @ (StorageError::Full { .. } | StorageError::Corrupt { .. })) => {
                    tracing::error!(%error, "the end of a scheduled run cannot be kept");
                    return;
                }
            }
        }
    }
}

fn said(ended: Result<TaskEnd, TaskError>) -> (Outcome, String) {
    match ended {
        Ok(TaskEnd::Done(detail)) => (Outcome::Succeeded, detail),
        Ok(TaskEnd::Alarm(detail)) => (Outcome::Alarm, detail),
        Err(TaskError(detail)) => (Outcome::Failed, detail),
    }
}
