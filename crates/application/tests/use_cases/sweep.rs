use std::sync::Arc;

use tapedeck_application::{
    Axis, FaultCode, GuestUpload, OfKind, RemoveError, SubmitBacktestError, SweepRequest,
    SweepResultError,
};
use tapedeck_domain::guest::{GuestForm, GuestMetadata};
use tapedeck_domain::job::{JobKind, JobState, LimitKind, LogBody, Progress, Status};
use tapedeck_domain::port::{
    JobCatalog as _, JobFilter, JobStore as _, Page, Submitted, SweepStore as _,
};
use tapedeck_domain::strategy::ParamValue;
use tapedeck_domain::sweep::{Comparison, Constraint, Filter, Operand, Search};
use tapedeck_testkit::builders::{id, new_job_of, requester, sweep_report, sweep_submission};
use tapedeck_testkit::{Inspection, Script, settle};

use crate::world::{World, named, request};

/// Two by three combinations of the valid request.
fn sweep() -> SweepRequest {
    let mut backtest = request();
    backtest.params.clear();
    SweepRequest {
        backtest,
        parameters: [
            ("fast".to_owned(), Axis::List(vec![2.0, 1.0])),
            ("slow".to_owned(), Axis::Range { from: 3.0, to: 5.0, step: None }),
        ]
        .into(),
        constraints: Vec::new(),
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: Vec::new(),
    }
}

async fn faults(change: impl FnOnce(&mut SweepRequest)) -> Vec<(String, FaultCode)> {
    let world = World::new();
    world.import().await;
    let mut request = sweep();
    change(&mut request);
    match world.submit_sweep().submit(request, None).await {
        Err(SubmitBacktestError::Invalid(faults)) => {
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        }
        other => panic!("expected faults, got {other:?}"),
    }
}

fn fault(pointer: &str, code: FaultCode) -> (String, FaultCode) {
    (pointer.to_owned(), code)
}

#[tokio::test]
async fn a_valid_sweep_is_completed_and_queued() {
    let world = World::new();
    world.import().await;
    let submitted = world.submit_sweep().submit(sweep(), None).await.unwrap();
    let Submitted::Created(job) = submitted else { panic!("it is new") };
    let submission = &job.submission;
    assert_eq!((submission.kind(), submission.steps()), (JobKind::Sweep, 6));
    let plan = submission.sweep.as_ref().unwrap();
    let whole =
        |values: &[i64]| values.iter().copied().map(ParamValue::Integer).collect::<Vec<_>>();
    assert_eq!(plan.parameters["fast"], whole(&[2, 1]), "in the order that was given");
    assert_eq!(plan.parameters["slow"], whole(&[3, 4, 5]), "by the step of the schema");
    assert_eq!((plan.combinations, plan.excluded), (6, Some(0)));
    assert_eq!(submission.input_hash, plan.input_hash(&submission.spec, "2"));
    assert!(submission.summary.contains("fast-bar"), "{}", submission.summary);
    let again = world.submit_sweep().submit(sweep(), None).await.unwrap();
    assert!(matches!(again, Submitted::Deduplicated(twin) if twin.id == job.id));
}

#[tokio::test]
async fn a_sweep_shares_no_run_with_a_backtest_or_another_plan() {
    let world = World::new();
    world.import().await;
    let submit = world.submit_sweep();
    let first = submit.submit(sweep(), None).await.unwrap();
    let submission = &first.job().submission;
    assert_ne!(submission.input_hash, submission.spec.input_hash("2"), "of the backtest alone");
    let other = SweepRequest { objective: "calmar".to_owned(), ..sweep() };
    let second = submit.submit(other, None).await.unwrap();
    assert!(matches!(second, Submitted::Created(_)), "{second:?}");
}

#[tokio::test]
async fn faults_of_all_parts_are_told_together() {
    let found = faults(|request| {
        request.backtest.limits = [(LimitKind::TimeoutMs, 0)].into();
        request.backtest.params = [("fast".to_owned(), 1.0)].into();
        request.parameters.insert("slwo".to_owned(), Axis::List(vec![1.0]));
        request.parameters.insert("slow".to_owned(), Axis::List(vec![3.0, 1.5, 3.0]));
        request.constraints.push(Constraint {
            left: Operand::Param("fast".to_owned()),
            op: Comparison::Lt,
            right: Operand::Param("length".to_owned()),
        });
        request.objective = "luck".to_owned();
        request.filters.push(Filter { metric: "luck".to_owned(), op: Comparison::Gt, value: 0.0 });
        request.search = Search::Random { samples: 21, seed: 0 };
    });
    let expected = [
        fault("/backtest/limits/timeout_ms", FaultCode::Range),
        fault("/backtest/params/fast", FaultCode::Range),
        fault("/parameters/slow/values/1", FaultCode::Type),
        fault("/parameters/slow/values/2", FaultCode::Range),
        fault("/parameters/slwo", FaultCode::Unknown),
        fault("/constraints/0/right", FaultCode::Unknown),
        fault("/objective", FaultCode::Unknown),
        fault("/filters/0/metric", FaultCode::Unknown),
        fault("/search/samples", FaultCode::Range),
    ];
    assert_eq!(found.await, expected);
}

#[tokio::test]
async fn more_than_the_server_runs_is_refused() {
    let range = |to| Axis::Range { from: 1.0, to, step: None };
    let values = faults(|request| drop(request.parameters.insert("fast".to_owned(), range(11.0))));
    assert_eq!(values.await, [fault("/parameters/fast", FaultCode::Range)]);
    let combinations = faults(|request| {
        request.parameters.insert("fast".to_owned(), range(7.0));
        request.parameters.insert("slow".to_owned(), Axis::List(vec![8.0, 9.0, 10.0]));
    });
    assert_eq!(combinations.await, [fault("/parameters", FaultCode::Range)]);
    let none = faults(|request| {
        request.parameters.insert("fast".to_owned(), Axis::List(vec![9.0]));
    });
    assert_eq!(none.await, [fault("/parameters", FaultCode::Range)]);
}

#[tokio::test]
async fn a_sweep_to_the_end_succeeds_with_its_report() {
    let world = World::new();
    let job = world.claimed_sweep().await;
    let job = world.end(world.start(job, Script::Succeed)).await;
    let JobState::Succeeded { outcome, .. } = &job.state else { panic!("{:?}", job.state) };
    assert_eq!(world.sweeps.open(&outcome.report).await.unwrap(), Some(sweep_report(6)));
    assert_eq!(outcome.headline, sweep_report(6).summary().best.map(|best| best.metrics));
    let finished = world.sweep_results().open(id(1)).await.unwrap();
    assert!(!finished.is_partial() && finished.report.is_complete());
}

#[tokio::test]
async fn a_sweep_that_is_cancelled_keeps_the_rows_that_were_run() {
    let world = World::new();
    let job = world.claimed_sweep().await;
    let run = world.start(job, Script::UntilStopped { bars_done: 2 });
    settle().await;
    let early = world.sweep_results().open(id(1)).await;
    assert!(matches!(early, Err(SweepResultError::NotReady)));
    let refused = world.remove_sweep().remove(id(1), requester("request-9")).await;
    assert!(matches!(refused, Err(RemoveError::NotEnded)));
    world.apply(world.wish()).await;
    assert_eq!(world.end(run).await.state.status(), Status::Cancelled);
    let finished = world.sweep_results().open(id(1)).await.unwrap();
    assert!(finished.is_partial());
    assert_eq!(finished.report, sweep_report(2));
    world.remove_sweep().remove(id(1), requester("request-9")).await.unwrap();
    assert_eq!(world.sweeps.count(), 0);
    let gone = world.sweep_results().open(id(1)).await;
    assert!(matches!(gone, Err(SweepResultError::NotFound)));
}

#[tokio::test]
async fn a_sweep_without_one_row_leaves_nothing() {
    let world = World::new();
    let job = world.claimed_sweep().await;
    let run = world.start(job, Script::UntilStopped { bars_done: 0 });
    settle().await;
    world.apply(world.wish()).await;
    world.end(run).await;
    let nothing = world.sweep_results().open(id(1)).await;
    assert!(matches!(nothing, Err(SweepResultError::Nothing)));
}

#[tokio::test]
async fn the_progress_of_a_sweep_counts_combinations() {
    let world = World::without_signals();
    let job = world.claimed_sweep().await;
    let started = Progress { bars_done: 0, bars_total: 6, sim_time: None, peak_rss_bytes: None };
    assert!(matches!(&job.state, JobState::Running { progress, .. } if *progress == started));
    let run = world.start(job, Script::UntilStopped { bars_done: 2 });
    world.end(run).await;
    let log = world.log().await;
    let told = Progress { bars_done: 2, bars_total: 6, sim_time: None, peak_rss_bytes: None };
    assert!(log.contains(&LogBody::Progress(told)), "{log:?}");
}

#[tokio::test]
async fn for_those_who_ask_for_one_kind_there_is_no_other() {
    let world = World::new();
    world.queued().await;
    let new = new_job_of(2, |submission| *submission = sweep_submission(2));
    world.jobs.submit(new).await.unwrap();
    for (kind, own, other) in [(JobKind::Backtest, 1, 2), (JobKind::Sweep, 2, 1)] {
        let jobs = OfKind::new(world.jobs.clone(), world.jobs.clone(), kind);
        let jobs = Arc::new(jobs);
        assert!(jobs.find(id(own)).await.unwrap().is_some());
        assert!(jobs.find(id(other)).await.unwrap().is_none());
        let listed = jobs.list(JobFilter::default(), Page { after: None, limit: 9 }).await.unwrap();
        assert_eq!(listed.iter().map(|job| job.id).collect::<Vec<_>>(), [id(own)]);
        assert_eq!(jobs.count(JobFilter::default()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_module_is_not_swept() {
    let world = World::new();
    world.import().await;
    let module: Arc<[u8]> = Arc::from(*b"module");
    let metadata = GuestMetadata {
        abi: 1,
        form: GuestForm::Batch,
        name: None,
        description: None,
        params: Vec::new(),
    };
    world.inspector.expect(&module, Inspection::Says(metadata));
    let upload = GuestUpload { name: None, description: None, module };
    world.strategies().create_guest("mine".parse().unwrap(), upload).await.unwrap();
    let mut request = sweep();
    request.backtest.strategy = named("mine", None);
    let refused = world.submit_sweep().submit(request, None).await;
    let Err(SubmitBacktestError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/backtest/strategy_id"));
    assert_eq!(faults[0].detail, "a guest strategy cannot be swept yet");
}
