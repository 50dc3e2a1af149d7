//! A job, every state and every event.

use tapedeck_domain::dataset::{DatasetRef, Interval, Symbol};
use tapedeck_domain::id::{BacktestId, LeaseId, WorkerId};
use tapedeck_domain::job::{
    Backtest, Cancellation, Failure, FailureReason, JobEvent, JobState, Lease, Limits, Outcome,
    Priority, Progress, ReportRef, Submission,
};
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::spec::{Costs, Direction, Execution, Risk, Sizing, Specification};
use tapedeck_domain::strategy::built_ins;
use tapedeck_domain::time::Timestamp;
use uuid::Uuid;

pub(crate) const EVENTS: &[&str] = &[
    "claim", "progress", "succeed", "fail", "time_out", "cancel", "stop", "release", "snooze",
    "lose_1", "lose_5",
];

pub(crate) fn claim(id: u128) -> JobEvent {
    JobEvent::Claim(lease(id))
}

fn lease(id: u128) -> Lease {
    Lease {
        id: LeaseId::from_uuid(Uuid::from_u128(id)),
        worker: WorkerId::from_uuid(Uuid::from_u128(7)),
    }
}

fn lose(max_attempts: u32) -> JobEvent {
    JobEvent::LoseWorker { max_attempts, retry_at: Timestamp::from_nanos(9) }
}

fn report() -> ReportRef {
    ReportRef("r".to_owned())
}

fn failure() -> Failure {
    Failure::new(FailureReason::Internal, "broke")
}

fn cancellation() -> Cancellation {
    let (at, request_id) = (Timestamp::from_nanos(5), "r-1".parse().unwrap());
    Cancellation { at, request_id, by: "key:ann".parse().unwrap() }
}

pub(crate) fn event(kind: &str) -> JobEvent {
    let partial = Some(report());
    match kind {
        "claim" => claim(1),
        "progress" => JobEvent::Progress(Progress {
            bars_done: 1,
            bars_total: 2,
            sim_time: None,
            peak_rss_bytes: None,
        }),
        "succeed" => JobEvent::Succeed(Outcome { report: report(), headline: None, usage: None }),
        "fail" => JobEvent::Fail { failure: failure(), partial },
        "time_out" => JobEvent::TimeOut { failure: failure(), partial },
        "cancel" => JobEvent::Cancel(cancellation()),
        "stop" => JobEvent::Stop { partial },
        "release" => JobEvent::Release,
        "snooze" => {
            JobEvent::Snooze { retry_at: Timestamp::from_nanos(9), why: "no room".to_owned() }
        }
        "lose_1" => lose(1),
        "lose_5" => lose(5),
        other => panic!("no event {other}"),
    }
}

pub(crate) fn states() -> Vec<(&'static str, JobState)> {
    let (at, partial) = (Timestamp::from_nanos(3), None);
    let (lease, progress) = (lease(1), Progress::default());
    let requested = cancellation();
    let states = vec![
        JobState::Queued { retry_at: None },
        JobState::Running { lease, started_at: at, progress },
        JobState::Cancelling { lease, started_at: at, progress, requested: requested.clone() },
        JobState::Succeeded {
            started_at: at,
            finished_at: at,
            outcome: Outcome { report: report(), headline: None, usage: None },
        },
        JobState::Failed {
            started_at: None,
            finished_at: at,
            failure: failure(),
            partial: partial.clone(),
        },
        JobState::Cancelled {
            started_at: None,
            finished_at: at,
            requested,
            partial: partial.clone(),
        },
        JobState::TimedOut { started_at: at, finished_at: at, failure: failure(), partial },
    ];
    states.into_iter().map(|state| (state.status().as_str(), state)).collect()
}

pub(crate) fn job() -> Backtest {
    let strategy = &built_ins()[0];
    let spec = Specification {
        dataset: DatasetRef {
            id: "aapl-1d".parse().unwrap(),
            version: 1,
            content_hash: "h".to_owned(),
            periods_per_year: 252,
        },
        from: Timestamp::from_nanos(0),
        to: Timestamp::from_nanos(1),
        strategy: strategy.reference.clone(),
        rules: None,
        guest: None,
        params: strategy.params(&Default::default()).unwrap(),
        seed: 0,
        capital: Capital::try_from(1e5).unwrap(),
        direction: Direction::Long,
        sizing: Sizing::FixedQuantity { value: Quantity::try_from(1.0).unwrap() },
        costs: Costs::default(),
        risk: Risk::default(),
        execution: Execution::default(),
        benchmark: None,
        checks: Vec::new(),
    };
    let submission = Submission {
        input_hash: spec.input_hash("1"),
        spec,
        sweep: None,
        symbol: Symbol::try_from("AAPL".to_owned()).unwrap(),
        interval: Interval::from_nanos(1).unwrap(),
        bars: 2,
        summary: String::new(),
        limits: Limits::of_time_and_memory(1000, 64),
        priority: Priority::Interactive,
        tags: Vec::new(),
        force_new: false,
        request_id: "r-0".parse().unwrap(),
        trace: None,
        not_before: None,
        rerun_of: None,
    };
    let id = BacktestId::from_uuid(Uuid::from_u128(1));
    Backtest::submit(id, submission, Timestamp::from_nanos(1)).0
}
