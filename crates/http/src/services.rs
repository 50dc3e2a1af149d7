use std::sync::Arc;

use tapedeck_application::{
    Cancel, Datasets, Inspect, Readiness, Remove, RemoveSweep, Rerun, Results, Strategies, Submit,
    SubmitSweep, SweepResults, Verify,
};
use tapedeck_domain::port::{Clock, Ids, StrategyInspector, TableEncoder};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
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
    /// Whether everything that the server depends on answers.
    pub readiness: Readiness,
    /// Where use cases run: apart from the handlers, so that a client who hangs up cannot stop
    /// one between two writes.
    pub runtime: Handle,
    /// Cancelled when the server stops: streams end then, for the server waits for them.
    pub stop: CancellationToken,
    /// Web origins that may open sockets.
    pub origins: Arc<[String]>,
}

/// What the routes of sweeps work with.
#[derive(Clone)]
pub struct SweepServices {
    /// Submit a sweep.
    pub submit: SubmitSweep,
    /// Look at sweeps.
    pub inspect: Inspect,
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
    /// Runs a use case to its end, even if the handler that waits for it is dropped.
    pub(crate) async fn detached<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        match self.runtime.spawn(work.in_current_span()).await {
            Ok(result) => result.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }

    /// The same for work that changes nothing: it ends when nobody waits for it any more.
    pub(crate) async fn attached<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let task = self.runtime.spawn(work.in_current_span());
        let _guard = AbortOnDrop(task.abort_handle());
        match task.await {
            Ok(result) => result.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }

    /// Runs CPU-bound work where it holds up no other request.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let result = self.runtime.spawn_blocking(work).await;
        result.map_err(|_| Problem::new(Code::Internal, "the request could not be completed"))
    }
}
