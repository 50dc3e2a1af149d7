use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::port::{DatasetStore, RunControl, RunError, SweepRunRequest, SweepRunner};
use tapedeck_domain::sweep::{Combinations, RowOutcome, SweepReport, SweepRow};
use tapedeck_engine::{Control, Done, Sweep};

use crate::in_process::{StopOnDrop, market, open};

/// Simulates the combinations of a sweep on threads of this process.
pub struct InProcessSweeps {
    datasets: Arc<dyn DatasetStore>,
    threads: NonZeroUsize,
}

impl InProcessSweeps {
    /// Takes bars from `datasets`, and simulates on so many threads at a time.
    pub fn new(datasets: Arc<dyn DatasetStore>, threads: NonZeroUsize) -> Self {
        Self { datasets, threads }
    }
}

#[async_trait]
impl SweepRunner for InProcessSweeps {
    async fn run(&self, request: SweepRunRequest) -> Result<SweepReport, RunError> {
        let (bars, benchmark) = open(self.datasets.as_ref(), &request.spec).await?;
        let (stop_when_dropped, threads) = (StopOnDrop(request.control.clone()), self.threads);
        let work = tokio::task::spawn_blocking(move || {
            swept(&bars, benchmark.as_deref(), &request, threads)
        });
        let report = work.await.map_err(|error| RunError::Internal(error.into()))?;
        drop(stop_when_dropped);
        report
    }
}

fn swept(
    bars: &Bars,
    benchmark: Option<&Bars>,
    request: &SweepRunRequest,
    threads: NonZeroUsize,
) -> Result<SweepReport, RunError> {
    let SweepRunRequest { spec, plan, control, .. } = request;
    let combinations = plan.combinations(&spec.params, plan.combinations);
    let combinations = combinations
        .map_err(|_| RunError::Data("its search has more combinations than it had".to_owned()))?;
    let sweep = Sweep::new(market(bars, benchmark, spec), spec, &combinations);
    let rows = rows(&sweep, &combinations, control, threads);
    let failure = |row: &SweepRow| match &row.outcome {
        RowOutcome::Figures(_) => None,
        RowOutcome::Failed(why) => Some(why.clone()),
    };
    // One that fails is a row of its own; where all do, there is no sweep.
    let failures: Option<Vec<String>> = rows.iter().map(failure).collect();
    match failures.and_then(|failures| failures.into_iter().next()) {
        Some(why) => Err(RunError::Strategy(why)),
        None => Ok(sweep.report(plan, rows)),
    }
}

/// The rows that were run before `control` was told to stop, in the order of the search. Which
/// thread runs which combination changes nothing in them.
fn rows(
    sweep: &Sweep<'_>,
    combinations: &Combinations,
    control: &RunControl,
    threads: NonZeroUsize,
) -> Vec<SweepRow> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut rows = Vec::new();
        while !control.is_stopped() {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= combinations.len() {
                break;
            }
            let params = combinations.swept(i);
            let Some(outcome) = sweep.run(&params, &mut Watched(control)) else { break };
            rows.push(SweepRow { combination: i as u64, params, outcome });
            control.count_one();
        }
        rows
    };
    let mut rows: Vec<SweepRow> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..threads.get().min(combinations.len())).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|panic| {
                // The others would go on for nobody.
                control.stop();
                std::panic::resume_unwind(panic)
            })
        });
        joined.flatten().collect()
    });
    rows.sort_unstable_by_key(|row| row.combination);
    rows
}

struct Watched<'a>(&'a RunControl);

impl Control for Watched<'_> {
    fn go_on(&mut self, _: Done) -> bool {
        !self.0.is_stopped()
    }
}
