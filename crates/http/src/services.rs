use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use tapedeck_application::{
    Access, AuditTrail, AuditVerify, Cancel, Datasets, EventLog, Flags, Inspect, Keys, LogLevel,
    QueueSwitch, Readiness, Remove, RemoveSweep, Rerun, Results, Schedules, Strategies, Submit,
    SubmitSweep, SweepResults, System, Verify,
};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::Backtest;
use tapedeck_domain::port::{Clock, Ids, StrategyInspector, TableEncoder};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::problem::{Code, Problem};

/// What the routes work with.
#[derive(Clone)]
pub struct Services {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Request ids.
    pub ids: Arc<dyn Ids>,
    /// Submit a backtest.
    pub submit: Submit,
    /// Look at backtests.
    pub inspect: Inspect,
    /// Read their event logs.
    pub events: EventLog,
    /// Cancel one.
    pub cancel: Cancel,
    /// Remove one.
    pub remove: Remove,
    /// Read what one left behind.
    pub results: Results,
    /// Sweeps.
    pub sweeps: SweepServices,
    /// Repeat one.
    pub rerun: Rerun,
    /// Repeat one and compare.
    pub verify: Verify,
    /// What strategies saw.
    pub inspector: Arc<dyn StrategyInspector>,
    /// Tables as files.
    pub tables: Arc<dyn TableEncoder>,
    /// Datasets.
    pub datasets: Datasets,
    /// Strategies.
    pub strategies: Strategies,
    /// What holds for modules that are sent.
    pub modules: ModuleOptions,
    /// The queue as a whole.
    pub queue: QueueSwitch,
    /// Who calls.
    pub access: Access,
    /// Access keys.
    pub keys: Keys,
    /// What the server does by itself.
    pub schedules: Schedules,
    /// The audit trail.
    pub audit: AuditTrail,
    /// Whether anybody changed it.
    pub audit_verify: AuditVerify,
    /// Whether everything that the server depends on answers.
    pub readiness: Readiness,
    /// What this server is.
    pub system: System,
    /// Feature flags.
    pub flags: Flags,
    /// What is logged.
    pub log_level: LogLevel,
    /// What this process measures.
    pub metrics: Scrape,
    /// Where use cases run: apart from the handlers, so that a client who hangs up cannot stop
    /// one between two writes.
    pub runtime: Handle,
    /// How long a request may take that neither waits nor streams.
    pub request_timeout: Duration,
    /// Cancelled when the server stops: streams end then, for the server waits for them.
    pub stop: CancellationToken,
}

/// Takes the metrics of this process, in the text format of Prometheus. It may not hang.
pub type Scrape = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// What holds for modules that are sent.
#[derive(Debug, Clone, Copy)]
pub struct ModuleOptions {
    /// Largest module, in bytes.
    pub max_bytes: usize,
    /// How long one may be inspected, beyond the time that any request may take.
    pub patience: Duration,
}

/// What the routes of sweeps work with.
#[derive(Clone)]
pub struct SweepServices {
    /// Submit a sweep.
    pub submit: SubmitSweep,
    /// Look at sweeps.
    pub inspect: Inspect,
    /// Read their event logs.
    pub events: EventLog,
    /// Cancel one.
    pub cancel: Cancel,
    /// Remove one.
    pub remove: RemoveSweep,
    /// Read what one left behind.
    pub results: SweepResults,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Services {
    /// Runs work that changes something to its end, even if nobody waits for it any more: the
    /// handler that did was dropped, or its time was up.
    pub(crate) async fn detached<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        self.detached_for(Duration::ZERO, work).await
    }

    /// The same for work that may take so much longer.
    pub(crate) async fn detached_for<T, E>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let task = self.runtime.spawn(work.in_current_span());
        match self.within(patience.saturating_add(self.request_timeout), task).await {
            Some(done) => finished(done),
            None => Err(self.late(
                "the request may still be carried out; repeating it with the same \
                 `Idempotency-Key`, where the route takes one, carries it out once",
            )),
        }
    }

    /// The same for work that changes nothing.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        // Not broken off when it is late: a connection to a database that is left in the middle of
        // a statement is lost, and statements have time limits of their own.
        let task = self.runtime.spawn(work.in_current_span());
        match self.within(self.request_timeout, task).await {
            Some(done) => finished(done),
            None => Err(self.late(NOTHING_CHANGED)),
        }
    }

    /// The same for work that waits for something for as long as `patience`: it ends when nobody
    /// waits for it any more.
    pub(crate) async fn waiting<T, E>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let task = self.runtime.spawn(work.in_current_span());
        let _guard = AbortOnDrop(task.abort_handle());
        match self.within(patience.saturating_add(self.request_timeout), task).await {
            Some(done) => finished(done),
            None => Err(self.late(NOTHING_CHANGED)),
        }
    }

    /// A job as soon as it has ended, or as it is when the patience or the server ends.
    pub(crate) async fn ended(
        &self,
        inspect: &Inspect,
        id: BacktestId,
        patience: Duration,
    ) -> Result<Option<Backtest>, Problem> {
        let (waiting, looking) = (inspect.clone(), inspect.clone());
        tokio::select! {
            biased;
            job = self.waiting(patience, async move { waiting.wait(id, patience).await }) => job,
            () = self.stop.cancelled() => self.read(async move { looking.find(id).await }).await,
        }
    }

    /// Runs CPU-bound work where it holds up no other request.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        match self.within(self.request_timeout, self.runtime.spawn_blocking(work)).await {
            Some(Ok(done)) => Ok(done),
            Some(Err(error)) => Err(Problem::internal(&error)),
            None => Err(self.late(NOTHING_CHANGED)),
        }
    }

    /// The same, however long it takes: for streams, which nobody waits for to end.
    pub(crate) async fn unhurried<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let result = self.runtime.spawn_blocking(work).await;
        result.map_err(|error| Problem::internal(&error))
    }

    /// What the task ended with, unless it takes longer than that.
    async fn within<T>(
        &self,
        deadline: Duration,
        task: JoinHandle<T>,
    ) -> Option<Result<T, JoinError>> {
        match select(task, self.clock.sleep(deadline)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(((), _)) => None,
        }
    }

    fn late(&self, consequence: &str) -> Problem {
        let limit = self.request_timeout.as_millis();
        Problem::new(Code::Unavailable, format!("no answer within {limit} ms; {consequence}"))
    }
}

const NOTHING_CHANGED: &str = "nothing was to be changed";

fn finished<T, E: Into<Problem>>(done: Result<Result<T, E>, JoinError>) -> Result<T, Problem> {
    match done {
        Ok(result) => result.map_err(Into::into),
        Err(error) => Err(Problem::internal(&error)),
    }
}
