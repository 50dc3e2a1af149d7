//! What readiness says of a trail that is not sealed.

use std::sync::Arc;
use std::time::Duration;

use tapedeck_application::{AuditSeal, SealProbe, SealPulse};
use tapedeck_domain::port::{HealthProbe as _, Probe, ProbeStatus};

use crate::trail::Trail;

#[tokio::test]
async fn a_trail_that_nobody_seals_is_told_of() {
    let trail = Trail::sqlite().await;
    let pulse = SealPulse::default();
    let mut seal = AuditSeal::new(
        trail.chain.clone(),
        Arc::new(trail.heads()),
        trail.clock.clone(),
        pulse.clone(),
    );
    let probe = SealProbe { pulse, clock: trail.clock.clone() };
    seal.pass().await.unwrap();
    assert_eq!(probe.probe().await, Probe::up());

    // The heads cannot be written outside, so nothing may be sealed.
    let kept = trail.dir.path().join("kept");
    std::fs::rename(trail.heads_dir(), &kept).unwrap();
    std::fs::write(trail.heads_dir(), "in the way").unwrap();
    trail.decide(true).await;
    for _ in 0..3 {
        trail.clock.advance(Duration::from_secs(30));
        seal.pass().await.unwrap_err();
    }
    let found = probe.probe().await;
    assert_eq!(found.status, ProbeStatus::Degraded);
    assert!(found.detail.unwrap().starts_with("nothing was sealed for 91 s"));

    std::fs::remove_file(trail.heads_dir()).unwrap();
    std::fs::rename(&kept, trail.heads_dir()).unwrap();
    seal.pass().await.unwrap();
    assert_eq!(probe.probe().await, Probe::up());

    // With nothing to be done, looking is enough.
    trail.clock.advance(Duration::from_secs(90));
    assert_eq!(seal.pass().await.unwrap(), 0);
    assert_eq!(probe.probe().await, Probe::up());
}
