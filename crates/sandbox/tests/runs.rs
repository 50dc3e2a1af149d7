//! Runs in processes of their own, against the same runs in this one.

mod support;

use std::sync::Arc;

use support::{NO_LIMITS, World, all_built_ins, children, honest, open_files, options, until};
use tapedeck_domain::isolation::Layer;
use tapedeck_domain::job::{Exceeded, LimitKind, Limits};
use tapedeck_domain::port::{
    BacktestRunner as _, BrokeOff, DatasetStore as _, Isolation as _, RunError, RunRequest,
};
use tapedeck_sandbox::InProcessRunner;
use tapedeck_testkit::builders;

/// So many bars take a while.
const LONG: usize = 3_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_those_of_the_same_runs_in_this_process_to_the_last_bit() {
    let world = World::of(5000).await;
    let here = InProcessRunner::new(world.datasets.clone());
    let there = world.runner(options(2));
    for strategy in all_built_ins() {
        let request = world.request_of(&strategy);
        // With a control of its own each: a run in this process stops its own at its end.
        let expected = here.run(world.request_of(&strategy)).await.unwrap().report;
        let ran = there.run(request).await.unwrap();
        // Text, because -0.0 equals 0.0.
        assert_eq!(format!("{:?}", ran.report), format!("{expected:?}"));
        assert_eq!(ran.broke_off, None);
        assert!(ran.usage.peak_rss_bytes.unwrap() > 1 << 20 && ran.usage.cpu_ms.is_some());
    }
}

#[tokio::test]
async fn a_range_a_benchmark_and_quotes_arrive_as_they_are() {
    let world = World::of(3000).await;
    let mut request = world.request(NO_LIMITS);
    let other = builders::bars_from(7.0);
    let mut benchmark = request.spec.dataset.clone();
    benchmark.content_hash = other.content_hash();
    world.datasets.put(&benchmark.content_hash, Arc::new(other)).await.unwrap();
    request.spec.from = request.spec.from.saturating_add_nanos(17 * 60_000_000_000);
    request.spec.benchmark = Some(benchmark);
    let here = InProcessRunner::new(world.datasets.clone());
    let control = Arc::default();
    let expected = here.run(RunRequest { control, ..request.clone() }).await.unwrap().report;
    let ran = world.runner(options(0)).run(request.clone()).await.unwrap();
    assert_eq!(format!("{:?}", ran.report), format!("{expected:?}"));
    request.spec.dataset.content_hash = "00".repeat(32);
    let lost = world.runner(options(0)).run(request).await.unwrap_err();
    assert!(matches!(lost, RunError::Data(_)), "{lost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_and_memory_are_seen_while_a_run_goes_on_and_a_stop_leaves_a_part() {
    let world = World::of(LONG).await;
    let runner = Arc::new(world.runner(options(1)));
    let request = world.request(NO_LIMITS);
    let control = request.control.clone();
    let run = tokio::spawn(async move { runner.run(request).await });
    until("progress", || control.position().0 > 0 && control.peak_rss().is_some()).await;
    control.stop();
    let ran = run.await.unwrap();
    match ran {
        Ok(ran) => {
            assert!(ran.report.bars_done < LONG && ran.broke_off.is_none());
            assert_eq!(ran.report.bars_total, LONG);
        }
        // A machine that is busy does not hand over a part in time.
        Err(RunError::Stopped(usage)) => assert!(usage.peak_rss_bytes.is_some()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_frozen_or_killed_ends_its_run_all_the_same() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = World::of(LONG).await;
    for signal in [Signal::STOP, Signal::KILL] {
        let runner = Arc::new(world.runner(options(0)));
        let request = world.request(NO_LIMITS);
        let control = request.control.clone();
        let run = tokio::spawn(async move { runner.run(request).await });
        until("progress", || control.position().0 > 0).await;
        let child = Pid::from_raw(i32::try_from(children()[0]).unwrap()).unwrap();
        kill_process(child, signal).unwrap();
        if signal == Signal::STOP {
            control.stop();
        }
        let error = run.await.unwrap().unwrap_err();
        if signal == Signal::STOP {
            let RunError::Stopped(usage) = error else { panic!("{error:?}") };
            assert!(usage.cpu_ms.is_some());
        } else {
            let RunError::Internal(why) = error else { panic!("{error:?}") };
            assert!(why.to_string().contains("signal: 9"), "{why}");
        }
        until("no child", || children().is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_limit_ends_a_run_that_exceeds_it_and_says_what_was_seen() {
    let world = World::of(LONG).await;
    let runner = world.runner(options(1));
    let limits = NO_LIMITS;
    let cases = [
        (LimitKind::Bars, Limits { bars: 1000, ..limits }),
        (LimitKind::Orders, Limits { orders: 50, ..limits }),
        (LimitKind::OutputBytes, Limits { output_bytes: 1 << 16, ..limits }),
        (LimitKind::MemoryMb, Limits { memory_mb: 16, ..limits }),
        (LimitKind::CpuMs, Limits { cpu_ms: 10, ..limits }),
    ];
    for (kind, limits) in cases {
        let exceeded = match runner.run(world.request(limits)).await {
            Ok(ran) => match ran.broke_off {
                Some(BrokeOff::Limit(exceeded)) => exceeded,
                other => panic!("{kind:?}: {other:?}"),
            },
            Err(RunError::Limit(exceeded, _)) => exceeded,
            Err(other) => panic!("{kind:?}: {other:?}"),
        };
        let Exceeded { kind: hit, limit, observed } = exceeded;
        assert_eq!((hit, limit), (kind, limits.of(kind)));
        assert!(observed > limit, "{exceeded:?}");
    }
}

#[tokio::test]
async fn a_run_with_too_many_orders_leaves_what_it_had_done() {
    let world = World::of(20_000).await;
    let limits = Limits { orders: 50, ..NO_LIMITS };
    let ran = world.runner(options(0)).run(world.request(limits)).await.unwrap();
    assert!((1..20_000).contains(&ran.report.bars_done) && ran.report.orders.len() > 50);
    assert!(matches!(ran.broke_off, Some(BrokeOff::Limit(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_runs_leave_no_process_and_no_open_file() {
    let world = World::of(300).await;
    let runner = world.runner(options(0));
    runner.run(world.request(NO_LIMITS)).await.unwrap();
    until("no child", || children().is_empty()).await;
    let before = open_files();
    for _ in 0..50 {
        runner.run(world.request(NO_LIMITS)).await.unwrap();
    }
    until("no child", || children().is_empty()).await;
    until("no further open file", || open_files() <= before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_dropped_and_a_runner_that_is_dropped_take_their_processes_along() {
    let world = World::of(LONG).await;
    let runner = world.runner(options(2));
    let request = world.request(NO_LIMITS);
    let control = request.control.clone();
    tokio::select! {
        ran = runner.run(request) => panic!("it ended: {}", ran.is_ok()),
        () = until("progress", || control.position().0 > 0) => {}
    }
    until("two that wait", || children().len() == 2).await;
    drop(runner);
    until("no child", || children().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_died_while_it_waited_is_replaced() {
    use rustix::process::{Pid, Signal, kill_process};
    let world = World::of(300).await;
    let runner = world.runner(options(1));
    runner.get_ready();
    until("one that waits", || children().len() == 1).await;
    let waiting = children()[0];
    kill_process(Pid::from_raw(i32::try_from(waiting).unwrap()).unwrap(), Signal::KILL).unwrap();
    let state = || std::fs::read_to_string(format!("/proc/{waiting}/stat")).unwrap_or_default();
    until("its death", || !state().contains(") S") && !state().contains(") R")).await;
    runner.run(world.request(NO_LIMITS)).await.unwrap();
}

#[tokio::test]
async fn every_layer_is_reported_once() {
    let world = World::of(300).await;
    let runner = world.runner(options(0));
    let layers = runner.layers().await.unwrap();
    let names: Vec<Layer> = layers.iter().map(|report| report.layer).collect();
    assert_eq!(names, Layer::ALL);
    assert!(layers.iter().all(|report| !report.detail.is_empty()));
    assert_eq!(runner.layers().await.unwrap(), layers);
}

#[test]
fn a_process_without_its_server_ends_at_once() {
    let program = honest();
    let output = command(&program).stdin(std::process::Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
}

#[expect(clippy::disallowed_methods, reason = "starts the program of the tests")]
fn command(program: &std::path::Path) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.arg("run-one");
    command
}
