use std::sync::Arc;

use tapedeck_application::{
    Cancel, Datasets, Inspect, Readiness, Remove, RemoveSweep, Results, Strategies, Submit,
    SubmitSweep, SweepResults,
};
use tapedeck_domain::port::{Clock, Ids};
use tokio::runtime::Handle;
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

    /// Runs CPU-bound work where it holds up no other request.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let result = self.runtime.spawn_blocking(work).await;
        result.map_err(|_| Problem::new(Code::Internal, "the request could not be completed"))
    }
}
