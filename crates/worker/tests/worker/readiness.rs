//! What readiness says about the worker and its queue.

use std::time::Duration;

use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::port::{
    Clock as _, HealthProbe as _, Pause, Probe, ProbeStatus, QueueControl as _,
};
use tapedeck_testkit::Script;
use tapedeck_worker::{NoWorker, Pulse, WorkerProbe};

use crate::world::World;

fn probe(world: &World, pulse: Pulse) -> WorkerProbe {
    let (control, clock) = (world.jobs.clone(), world.clock.clone());
    WorkerProbe { pulse, control, clock, patience: Duration::from_secs(1) }
}

#[tokio::test]
async fn the_queue_is_told_in_a_sentence() {
    let world = World::new([Script::UntilStopped { bars_done: 1 }]);
    world.submit(3).await;
    let _worker = world.work(1);
    world.seconds(4).await;
    let detail = probe(&world, Pulse::default()).probe().await.detail.unwrap();
    let waits = detail.strip_prefix("2 queued, 1 running; oldest waits ").unwrap();
    assert!(waits.ends_with(" s"), "{detail}");
}

#[tokio::test]
async fn a_pause_is_told_with_who_made_it_and_the_worker_is_up_all_the_same() {
    let world = World::new([]);
    let (at, by) = (world.clock.now(), Actor::command_line());
    let pause = Pause { at, by: by.clone(), request_id: None, reason: None };
    let (action, subject) = ("queue.pause".to_owned(), "queue".to_owned());
    let audit =
        AuditEntry { at, actor: by, action, subject, request_id: None, before: None, after: None };
    world.jobs.set_pause(Some(pause), audit).await.unwrap();
    let found = probe(&world, Pulse::default()).probe().await;
    assert_eq!(found.status, ProbeStatus::Up);
    let detail = found.detail.unwrap();
    assert_eq!(detail, format!("paused by cli since {at}; 0 queued, 0 running"));
}

#[tokio::test]
async fn a_worker_that_does_not_look_is_down_and_one_that_does_is_not() {
    let world = World::new([]);
    let pulse = Pulse::default();
    let probe = probe(&world, pulse);
    world.seconds(13).await;
    assert_eq!(probe.probe().await.status, ProbeStatus::Up);
    world.seconds(3).await;
    let silent = Probe::down("the worker has not looked for 17 s");
    assert_eq!(probe.probe().await, silent);
}

#[tokio::test]
async fn a_process_without_a_worker_lacks_nothing() {
    let world = World::new([]);
    world.submit(2).await;
    let (control, clock) = (world.jobs.clone(), world.clock.clone());
    let found = NoWorker { control, clock, patience: Duration::from_secs(1) }.probe().await;
    let detail = "this process answers requests only; 2 queued, 0 running; oldest waits 0 s";
    assert_eq!(found, Probe::not_configured().with_detail(detail));
}
