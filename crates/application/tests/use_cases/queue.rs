use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_application::{AuditTrail, QueueSwitch};
use tapedeck_domain::actor::{Actor, Requester};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::port::{AuditFilter, Claim, Clock as _, JobQueue as _};
use tapedeck_testkit::builders::lease;

use crate::world::World;

fn switch(world: &World) -> QueueSwitch {
    QueueSwitch::new(world.jobs.clone(), world.clock.clone(), 7)
}

fn by(request: &str) -> Requester {
    Requester { actor: Actor::anonymous(), request_id: request.parse().unwrap() }
}

/// The trail, oldest first.
async fn trail(world: &World) -> Vec<AuditEntry> {
    let trail = AuditTrail::new(world.jobs.clone());
    let found = trail.list(AuditFilter::default(), None, 100).await.unwrap();
    found.into_iter().rev().map(|audited| audited.entry).collect()
}

#[tokio::test]
async fn a_paused_queue_is_taken_from_again_when_it_goes_on() {
    let world = World::new();
    world.queued().await;
    let claim = || Claim::new(vec![lease(1)], world.clock.now());
    let reason = Some("upgrade".to_owned());
    let view = switch(&world).pause(by("r-1"), reason.clone()).await.unwrap();
    let pause = view.status.pause.unwrap();
    assert_eq!((pause.by.as_str(), pause.reason), ("anonymous", reason));
    assert_eq!((view.limit, view.status.queued), (7, 1));
    assert_eq!(world.jobs.claim(claim()).await.unwrap(), []);
    let view = switch(&world).resume(by("r-2")).await.unwrap();
    assert_eq!(view.status.pause, None);
    assert_eq!(world.jobs.claim(claim()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_paused_first_is_the_one_who_did_and_the_trail_has_changes_alone() {
    let world = World::new();
    switch(&world).resume(by("r-0")).await.unwrap();
    switch(&world).pause(by("r-1"), Some("first".to_owned())).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let view = switch(&world).pause(by("r-2"), Some("second".to_owned())).await.unwrap();
    let pause = view.status.pause.unwrap();
    assert_eq!(pause.request_id.unwrap().as_str(), "r-1");
    switch(&world).resume(by("r-3")).await.unwrap();
    switch(&world).resume(by("r-4")).await.unwrap();
    let found: Vec<(String, Option<Value>, Option<Value>)> =
        trail(&world).await.into_iter().map(|e| (e.action, e.before, e.after)).collect();
    let (going, standing) = (json!({"paused": false}), json!({"paused": true, "reason": "first"}));
    assert_eq!(
        found,
        [
            ("queue.pause".to_owned(), Some(going.clone()), Some(standing.clone())),
            ("queue.resume".to_owned(), Some(standing), Some(going)),
        ]
    );
}
