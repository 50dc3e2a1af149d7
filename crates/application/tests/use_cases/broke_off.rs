//! Runs that break off by themselves.

use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_application::StopCause;
use tapedeck_domain::job::{Backtest, Exceeded, FailureReason, JobState, LimitKind, Usage};
use tapedeck_domain::port::{BacktestRunner, BrokeOff, Ran, RunError, RunRequest};
use tapedeck_domain::report::Report;
use tapedeck_testkit::builders::{partial_report, report};
use tapedeck_testkit::{Script, ScriptedRunner};

use crate::world::World;

struct Breaking(Ran);

#[async_trait]
impl BacktestRunner for Breaking {
    async fn run(&self, _: RunRequest) -> Result<Ran, RunError> {
        Ok(self.0.clone())
    }
}

const USAGE: Usage = Usage { peak_rss_bytes: Some(7 << 20), cpu_ms: Some(11) };

async fn ended(world: &World, report: Report, why: BrokeOff, stop: Option<StopCause>) -> Backtest {
    let ran = Ran { report, broke_off: Some(why), usage: USAGE };
    let sweeps = Arc::new(ScriptedRunner::new(world.clock.clone(), [Script::Succeed]));
    let run = world.start_on(Arc::new(Breaking(ran)), sweeps, world.claimed().await);
    if let Some(cause) = stop {
        run.handle.stop(cause);
    }
    world.end(run).await
}

fn fault() -> BrokeOff {
    BrokeOff::Strategy("trap at bar 2".to_owned())
}

#[tokio::test]
async fn a_limit_is_a_failure_with_its_numbers_and_what_was_done_is_kept() {
    let exceeded = Exceeded { kind: LimitKind::Orders, limit: 3, observed: 5 };
    let job = ended(&World::new(), partial_report(2), BrokeOff::Limit(exceeded), None).await;
    let JobState::Failed { failure, partial, .. } = job.state else {
        panic!("{:?}", job.state.status())
    };
    assert_eq!(failure.reason, FailureReason::LimitExceeded);
    assert_eq!((failure.limit, failure.observed), (Some(LimitKind::Orders), Some(5)));
    assert_eq!(failure.detail, "the run placed more orders than 3");
    assert!(failure.usage == Some(USAGE) && partial.is_some());
}

#[tokio::test]
async fn a_strategy_that_fails_at_the_last_bar_has_not_succeeded_whoever_stops_it_then() {
    let causes = [None, Some(StopCause::Cancel), Some(StopCause::Timeout)];
    for cause in causes.into_iter().chain([Some(StopCause::Shutdown)]) {
        let job = ended(&World::new(), report(), fault(), cause).await;
        let JobState::Failed { failure, .. } = job.state else {
            panic!("{:?}", job.state.status())
        };
        assert_eq!(failure.reason, FailureReason::StrategyError, "{cause:?}");
    }
}

#[tokio::test]
async fn what_was_stopped_before_its_end_was_stopped_whatever_broke_meanwhile() {
    let job = ended(&World::new(), partial_report(2), fault(), Some(StopCause::Timeout)).await;
    assert!(matches!(job.state, JobState::TimedOut { .. }), "{:?}", job.state.status());
}
