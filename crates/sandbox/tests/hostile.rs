//! Processes that lie, die, hoard and spin.

mod support;

use std::sync::Arc;

use support::{NO_LIMITS, World, children, options, until};
use tapedeck_domain::job::{LimitKind, Limits};
use tapedeck_domain::port::{BacktestRunner as _, RunError};

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_lies_or_dies_at_any_word_breaks_nothing_but_its_run() {
    let world = World::of(300).await;
    let behaviours = [
        ("dies-at-once", "did not get ready"),
        ("dies-before-ready", "signal: 6"),
        ("speaks-another-version", "version 3"),
        ("starts-with-garbage", "a frame of kind 7"),
        ("dies-at-the-request", "signal: 6"),
        ("answers-garbage", "a frame of kind 254"),
        ("sends-a-frame-too-long", "too long"),
        ("chatters", "Progress out of turn"),
        ("goes-back", "progress goes back"),
        ("reports-before-progress", "Progress out of turn"),
        ("says-ready-twice", "Ready out of turn"),
        ("sends-an-empty-part", "Part out of turn"),
        ("dies-after-progress", "signal: 6"),
        ("dies-within-its-report", "signal: 6"),
        ("dies-within-a-frame", "exit status: 0"),
        ("ends-without-a-report", ""),
        ("reports-nonsense", ""),
    ];
    for (behaviour, why) in behaviours {
        let error = world.hostile(behaviour).run(world.request(NO_LIMITS)).await.unwrap_err();
        let RunError::Internal(source) = error else { panic!("{behaviour}: {error:?}") };
        assert!(source.to_string().contains(why), "{behaviour}: {source}");
        until("no child", || children().is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_takes_more_than_it_may_is_killed_for_what_it_took() {
    let world = World::of(300).await;
    let limits = Limits { memory_mb: 64, cpu_ms: 200, output_bytes: 1 << 20, ..NO_LIMITS };
    let cases = [
        ("hoards", LimitKind::MemoryMb),
        ("asks-for-too-much", LimitKind::MemoryMb),
        ("spins", LimitKind::CpuMs),
        ("answers-without-end", LimitKind::OutputBytes),
    ];
    for (behaviour, kind) in cases {
        let cpu_ms = if kind == LimitKind::MemoryMb { u64::MAX } else { limits.cpu_ms };
        let limits = Limits { cpu_ms, ..limits };
        let error = world.hostile(behaviour).run(world.request(limits)).await.unwrap_err();
        let RunError::Limit(exceeded, _) = error else { panic!("{behaviour}: {error:?}") };
        assert_eq!(exceeded.kind, kind, "{behaviour}");
        assert!(exceeded.observed > exceeded.limit, "{behaviour}: {exceeded:?}");
        until("no child", || children().is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_says_nothing_or_floods_its_words_is_stopped() {
    let world = World::of(300).await;
    for behaviour in ["says-nothing", "floods-its-words"] {
        let runner = world.hostile(behaviour);
        let request = world.request(NO_LIMITS);
        let control = request.control.clone();
        let run = tokio::spawn(async move { runner.run(request).await });
        until("a process", || control.peak_rss().is_some()).await;
        control.stop();
        // Its pipe is closed after a while, and so it may have ended by itself.
        let error = run.await.unwrap().unwrap_err();
        let flooded = behaviour == "floods-its-words";
        let ended = matches!(error, RunError::Internal(_)) && flooded;
        assert!(ended || matches!(error, RunError::Stopped(_)), "{behaviour}: {error:?}");
        until("no child", || children().is_empty()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_beside_hostile_ones_come_out_as_ever() {
    let world = Arc::new(World::of(5000).await);
    let alone = world.runner(options(0)).run(world.request(NO_LIMITS)).await.unwrap().report;
    let limits = Limits { memory_mb: 256, cpu_ms: 2000, output_bytes: 1 << 24, ..NO_LIMITS };
    let hostile: Vec<_> = ["hoards", "spins", "answers-without-end", "chatters"]
        .into_iter()
        .map(|behaviour| {
            let (runner, request) = (world.hostile(behaviour), world.request(limits));
            tokio::spawn(async move { runner.run(request).await })
        })
        .collect();
    let runner = Arc::new(world.runner(options(2)));
    for _ in 0..5 {
        let (a, b) = (world.request(NO_LIMITS), world.request(NO_LIMITS));
        let (a, b) = tokio::join!(runner.run(a), runner.run(b));
        assert_eq!(a.unwrap().report, alone);
        assert_eq!(b.unwrap().report, alone);
    }
    for run in hostile {
        assert!(run.await.unwrap().is_err());
    }
}
