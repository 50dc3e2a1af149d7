use std::sync::Arc;

use tapedeck_application::{
    Aspect, Evidence, Origin, Rerun, RerunError, ResultError, Verify, VerifyError,
};
use tapedeck_domain::id::RequestId;
use tapedeck_domain::job::{Limits, Status};
use tapedeck_domain::port::{JobStore as _, Ran, RunError, SubmitError, Submitted};
use tapedeck_domain::report::Report;
use tapedeck_engine::BuiltIns;
use tapedeck_testkit::builders::{id, report};
use tapedeck_testkit::{Script, ScriptedRunner, drive, settle};

use crate::world::World;

fn rerun(world: &World) -> Rerun {
    Rerun::new(world.results(), world.datasets.clone(), Arc::new(BuiltIns), world.submit_after(9))
}

fn origin(request: &str) -> Origin {
    let request_id: RequestId = request.parse().unwrap();
    request_id.into()
}

/// What comes of verifying the job 1 with a runner that goes by a script.
async fn verify(world: &World, script: Script) -> Result<Option<Aspect>, VerifyError> {
    let runner = Arc::new(ScriptedRunner::new(world.clock.clone(), [script]));
    let verify = Verify::new(world.results(), runner, world.clock.clone());
    let task = tokio::spawn(async move { verify.verify(id(1)).await });
    drive(&world.clock, std::time::Duration::from_secs(1), async || task.is_finished()).await;
    task.await.unwrap().map(|verdict| verdict.difference.map(|found| found.what))
}

#[tokio::test]
async fn a_rerun_has_the_inputs_of_the_manifest_and_names_what_it_repeats() {
    let world = World::new();
    world.import().await;
    let job = world.ran(Script::Succeed).await;
    let submitted = rerun(&world).rerun(id(1), origin("request-9"), None).await.unwrap();
    let Submitted::Created(again) = submitted else { panic!("{submitted:?}") };
    assert_ne!(again.id, job.id);
    let (old, new) = (&job.submission, &again.submission);
    assert_eq!((&new.spec, &new.tags, new.bars), (&old.spec, &old.tags, old.bars));
    assert_eq!((new.rerun_of, new.force_new), (Some(job.id), true));
    assert_eq!(new.request_id.as_str(), "request-9");
    assert_eq!(new.limits, Limits::of_time_and_memory(60_000, 64));
    assert_eq!(world.jobs.find(again.id).await.unwrap().unwrap().state.status(), Status::Queued);
}

#[tokio::test]
async fn a_run_that_left_nothing_is_repeated_from_what_was_asked_for() {
    let world = World::new();
    world.import().await;
    let job = world.ran(Script::Fail(RunError::Data("as the test says".to_owned()))).await;
    let submitted = rerun(&world).rerun(id(1), origin("r"), None).await.unwrap();
    assert_eq!(submitted.job().submission.spec, job.submission.spec);
}

#[tokio::test]
async fn nothing_is_queued_when_there_is_nothing_to_repeat_or_no_room() {
    let world = World::new();
    let again = || async { rerun(&world).rerun(id(1), origin("r"), None).await };
    assert!(matches!(again().await, Err(RerunError::Source(ResultError::NotFound))));
    world.claimed().await;
    assert!(matches!(again().await, Err(RerunError::Source(ResultError::NotReady))));

    let world = World::new();
    world.ran(Script::Succeed).await;
    let again = || async { rerun(&world).rerun(id(1), origin("r"), None).await };
    assert!(matches!(again().await, Err(RerunError::Source(ResultError::BarsGone))));
    world.import().await;
    let rerun = rerun(&world);
    let again = || async { rerun.rerun(id(1), origin("r"), None).await };
    assert!(again().await.is_ok() && again().await.is_ok());
    assert!(matches!(again().await, Err(RerunError::Submit(SubmitError::QueueFull))));
}

#[tokio::test]
async fn a_run_that_repeats_to_the_last_bit_is_identical() {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    assert_eq!(verify(&world, Script::Succeed).await.unwrap(), None);
    let stopped = Script::Fail(RunError::Strategy("no version 7".to_owned()));
    assert!(matches!(verify(&world, stopped).await, Err(VerifyError::Run(_))));
}

#[tokio::test]
async fn a_repeated_run_is_given_the_time_of_the_run_and_no_more() {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    let endless = Script::UntilStopped { bars_done: 1 };
    assert!(matches!(verify(&world, endless).await, Err(VerifyError::TimedOut)));
}

#[tokio::test]
async fn a_run_that_was_cancelled_cannot_be_verified() {
    let world = World::new();
    world.import().await;
    let job = world.claimed().await;
    let run = world.start(job, Script::UntilStopped { bars_done: 2 });
    settle().await;
    world.apply(world.wish()).await;
    world.end(run).await;
    assert!(matches!(verify(&world, Script::Succeed).await, Err(VerifyError::NotSucceeded)));
}

/// The difference of a computed report from the stored one of the builders.
async fn difference(change: impl FnOnce(&mut Report)) -> Option<tapedeck_application::Difference> {
    let world = World::new();
    world.import().await;
    world.ran(Script::Succeed).await;
    let mut computed = report();
    change(&mut computed);
    let runner = Arc::new(Answering(computed));
    let verify = Verify::new(world.results(), runner, world.clock.clone());
    verify.verify(id(1)).await.unwrap().difference
}

struct Answering(Report);

#[async_trait::async_trait]
impl tapedeck_domain::port::BacktestRunner for Answering {
    async fn run(&self, _: tapedeck_domain::port::RunRequest) -> Result<Ran, RunError> {
        Ok(self.0.clone().into())
    }
}

#[tokio::test]
async fn the_first_bar_that_differs_is_named_with_what_explains_it() {
    assert_eq!(difference(|_| ()).await, None);
    let fill = difference(|report| report.fills[1].price = 7.0).await.unwrap();
    assert_eq!((fill.bar, fill.what), (Some(1), Aspect::Fills), "and not the cash it moved");
    let Evidence::Fill(computed) = fill.computed else { panic!("{:?}", fill.computed) };
    assert_eq!(computed.price, 7.0);
    let later = difference(|report| report.trades[0].pnl = 0.0).await.unwrap();
    assert_eq!((later.bar, later.what), (Some(3), Aspect::Trades), "at its exit");
    let placed = difference(|report| report.orders[1].bar = 2).await.unwrap();
    assert_eq!((placed.bar, placed.what), (Some(0), Aspect::Orders));
    let ended = difference(|report| report.orders[0].quantity = 1.0).await.unwrap();
    assert_eq!((ended.bar, ended.what), (Some(1), Aspect::Orders), "placed alike");
    let shorter = difference(|report| report.fills.truncate(1)).await.unwrap();
    assert_eq!(shorter.computed, Evidence::Missing);
    let block = difference(|report| report.chain.0.clear()).await.unwrap();
    assert_eq!((block.bar, block.what), (Some(0), Aspect::Chain));
    let figures = difference(|report| report.metrics = None).await.unwrap();
    assert_eq!((figures.bar, figures.what), (None, Aspect::Metrics));
}
