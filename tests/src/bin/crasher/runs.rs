//! Steps of the simulation itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::port::{
    BacktestRunner, Ran, RunControl, RunError, RunRequest, SweepRunRequest, SweepRunner,
};
use tapedeck_domain::sweep::SweepReport;

use crate::plan::Plan;

pub(crate) struct Backtests {
    pub(crate) inner: Arc<dyn BacktestRunner>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) slow: Duration,
}

#[async_trait]
impl BacktestRunner for Backtests {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        self.plan.before("run");
        // There is progress to tell from the start.
        request.control.advance(1, request.spec.from);
        linger(self.slow, &request.control).await;
        let report = self.inner.run(request).await;
        self.plan.after("run");
        report
    }
}

pub(crate) struct Sweeps {
    pub(crate) inner: Arc<dyn SweepRunner>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) slow: Duration,
}

#[async_trait]
impl SweepRunner for Sweeps {
    async fn run(&self, request: SweepRunRequest) -> Result<SweepReport, RunError> {
        self.plan.before("sweep-run");
        linger(self.slow, &request.control).await;
        let report = self.inner.run(request).await;
        self.plan.after("sweep-run");
        report
    }
}

/// As if there was more to simulate, until the run is stopped. It comes
/// first, since the simulation itself ends with its control stopped.
async fn linger(time: Duration, control: &RunControl) {
    let step = Duration::from_millis(10);
    let mut left = time;
    while !left.is_zero() && !control.is_stopped() {
        tokio::time::sleep(step).await;
        left = left.saturating_sub(step);
    }
}
