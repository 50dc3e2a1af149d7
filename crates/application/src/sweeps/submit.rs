use tapedeck_domain::job::Submission;
use tapedeck_domain::port::{Idempotency, Submitted};
use tapedeck_domain::strategy::{Params, Strategy, StrategyKind};

use super::axis::SweepLimits;
use super::plan::{SweepRequest, counted, plan};
use crate::prepare::{Prepare, PrepareError, checked_params};
use crate::request::{FaultCode, FieldFault};
use crate::submit::{Submit, SubmitBacktestError};

/// Submit a sweep.
#[derive(Clone)]
pub struct SubmitSweep {
    prepare: Prepare,
    submit: Submit,
    limits: SweepLimits,
}

impl SubmitSweep {
    /// Prepares and submits as for backtests, within `limits`.
    pub fn new(prepare: Prepare, submit: Submit, limits: SweepLimits) -> Self {
        Self { prepare, submit, limits }
    }

    /// Checks the request and queues it, unless an equal one was carried out.
    ///
    /// # Errors
    /// See [`SubmitBacktestError`].
    pub async fn submit(
        &self,
        request: SweepRequest,
        idempotency: Option<Idempotency>,
    ) -> Result<Submitted, SubmitBacktestError> {
        let submission = self.prepare(request).await?;
        Ok(self.submit.queue(submission, idempotency).await?)
    }

    /// Completes and checks a request. Changes nothing.
    async fn prepare(&self, request: SweepRequest) -> Result<Submission, PrepareError> {
        let strategy = self.prepare.strategy(&request.backtest.strategy).await?;
        sweepable(&strategy)?;
        let given = &request.backtest.params;
        let is_fixed = |name: &str| !request.parameters.contains_key(name);
        let others = given.iter().filter(|(name, _)| is_fixed(name));
        let others = others.map(|(name, value)| (name.clone(), *value)).collect();
        let params = checked_params(&request.backtest, &strategy, strategy.values(&others));
        let plan = plan(&request, &strategy, self.limits).and_then(|plan| match &params {
            Ok(fixed) => counted(plan, fixed, self.limits),
            // Without them nothing can be counted; their faults are told in any case.
            Err(_) => Ok(plan),
        });
        let base = self.prepare.complete(request.backtest.clone(), &strategy, params).await;
        let (base, plan) = match (base, plan) {
            (Ok(base), Ok(plan)) => (base, plan),
            (Ok(_), Err(faults)) => return Err(PrepareError::Invalid(faults)),
            (Err(error), plan) => return Err(of_backtest(error, plan.err().unwrap_or_default())),
        };
        let fixed: Params = base.spec.params.only(is_fixed);
        let summary = request.parameters.keys().fold(strategy.summary(&fixed), |text, name| {
            text.replace(&format!("{{{name}}}"), name)
        });
        let input_hash = plan.input_hash(&base.spec, self.prepare.engine_version());
        Ok(Submission { summary, input_hash, sweep: Some(plan), ..base })
    }
}

/// Whether the strategy can be run many times in one job: sweeps run in the process of the
/// worker, where no module ever runs.
fn sweepable(strategy: &Strategy) -> Result<(), PrepareError> {
    match strategy.kind {
        StrategyKind::BuiltIn | StrategyKind::Rules => Ok(()),
        StrategyKind::Guest => Err(PrepareError::Invalid(vec![FieldFault {
            pointer: "/backtest/strategy_id".to_owned(),
            code: FaultCode::Range,
            detail: "a guest strategy cannot be swept yet".to_owned(),
        }])),
    }
}

/// The faults of the backtest's part of a body, with those of its other parts.
fn of_backtest(error: PrepareError, others: Vec<FieldFault>) -> PrepareError {
    match error {
        PrepareError::Invalid(faults) => {
            let inner = faults.into_iter().map(|fault| FieldFault {
                pointer: format!("/backtest{}", fault.pointer),
                ..fault
            });
            PrepareError::Invalid(inner.chain(others).collect())
        }
        PrepareError::DatasetNotFound
        | PrepareError::StrategyNotFound
        | PrepareError::Storage(_) => error,
    }
}
