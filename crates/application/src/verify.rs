//! Repeat a backtest apart from everything, and compare.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::{BacktestRunner, Clock, RunControl, RunError, RunRequest};
use tapedeck_domain::report::Report;

use crate::difference::{Difference, first_difference};
use crate::results::{Finished, ResultError, Results};

/// Repeat a backtest apart from everything, and compare.
#[derive(Clone)]
pub struct Verify {
    results: Results,
    runner: Arc<dyn BacktestRunner>,
    clock: Arc<dyn Clock>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The run as it is stored.
    pub stored: Arc<Finished>,
    /// The run as it was computed now.
    pub computed: Report,
    /// The first bar at which they part; `None` when they are identical.
    pub difference: Option<Difference>,
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is nothing to compare with.
    #[error(transparent)]
    Source(#[from] ResultError),
    /// The run did not succeed, so where it stopped was chance.
    #[error("only a backtest that succeeded can be verified")]
    NotSucceeded,
    /// It took longer than the run may.
    #[error("the repeated run took longer than its limit")]
    TimedOut,
    /// It could not be repeated.
    #[error("the run could not be repeated")]
    Run(#[from] RunError),
}

/// For starting the process and handing it the bars.
pub const VERIFY_START: Duration = Duration::from_secs(10);

impl Verify {
    /// Over these ports; `runner` shares nothing with the one that made the results.
    pub fn new(results: Results, runner: Arc<dyn BacktestRunner>, clock: Arc<dyn Clock>) -> Self {
        Self { results, runner, clock }
    }

    /// Runs `id` again and compares everything that was stored.
    ///
    /// # Errors
    /// See [`VerifyError`].
    ///
    /// # Cancel safety
    /// Changes nothing; dropping it ends the run.
    pub async fn verify(&self, id: BacktestId) -> Result<Verdict, VerifyError> {
        let stored = self.results.open(id).await?;
        if stored.is_partial() {
            return Err(VerifyError::NotSucceeded);
        }
        let limits = stored.job.submission.limits;
        let request = RunRequest {
            spec: stored.job.submission.spec.clone(),
            limits,
            control: Arc::new(RunControl::default()),
        };
        let patience = Duration::from_millis(limits.timeout_ms).saturating_add(VERIFY_START);
        let computed = match select(self.runner.run(request), self.clock.sleep(patience)).await {
            Either::Left((computed, _)) => computed?.report,
            Either::Right(((), _)) => return Err(VerifyError::TimedOut),
        };
        let difference = first_difference(&stored, &computed);
        Ok(Verdict { stored, computed, difference })
    }
}
