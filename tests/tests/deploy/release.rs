//! `deploy/release.sh`: a build replaces another, or everything is as it was.

use crate::host::Host;
use crate::support::TestDatabase;

/// A host on which the build `good-1` is released, and its database.
async fn released() -> (Host, TestDatabase) {
    let database = TestDatabase::empty().await;
    let host = Host::new(&database);
    let (code, said) = host.release(&host.build("good-1", ""), "good-1");
    assert_eq!(code, Some(0), "{said}");
    (host, database)
}

/// Both instances are of a build, and ready.
fn assert_serves(host: &Host, version: &str, said: &str) {
    assert_eq!(host.current(), format!("releases/{version}"), "{said}");
    for instance in &host.instances {
        assert_eq!(host.build_of(instance), version, "{said}");
        assert!(host.is_ready(instance), "{instance}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_release_replaces_every_process() {
    let (host, _database) = released().await;
    assert_serves(&host, "good-1", "");
    let (code, said) = host.release(&host.build("good-2", ""), "good-2");
    assert_eq!(code, Some(0), "{said}");
    assert_serves(&host, "good-2", &said);
    let (code, said) = host.release(&host.build("good-2", ""), "good-2");
    assert_eq!(code, Some(2), "a version is released once: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_never_gets_ready_is_rolled_back() {
    let (host, _database) = released().await;
    for (version, special) in [
        ("bad-hangs", "serve) exec sleep 600;;"),
        ("bad-ends", "serve) exit 1;;"),
        // The API process gets ready, and is replaced twice; the worker never does.
        ("bad-worker", "serve) [ \"$TAPEDECK_ROLE\" = api ] || exit 1;;"),
    ] {
        let (code, said) = host.release(&host.build(version, special), version);
        assert_eq!(code, Some(3), "{version}: {said}");
        assert!(said.contains("rolled back to good-1"), "{version}: {said}");
        assert_serves(&host, "good-1", &said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_replaces_nothing() {
    let (host, _database) = released().await;
    let before: Vec<_> = host.instances.iter().map(|instance| host.pid(instance)).collect();
    // The real program, on a database that cannot be opened.
    let special = "migrate) export DATABASE_URL=sqlite:///dev/null/none;;";
    let (code, said) = host.release(&host.build("bad", special), "bad");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the migration failed; nothing was replaced"), "{said}");
    let after: Vec<_> = host.instances.iter().map(|instance| host.pid(instance)).collect();
    assert_eq!(before, after, "no process was restarted");
    assert_serves(&host, "good-1", &said);
    assert!(!host.path("home/releases/bad").exists(), "the build is gone again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_release_that_never_gets_ready_leaves_nothing_running() {
    let database = TestDatabase::empty().await;
    let host = Host::new(&database);
    let (code, said) = host.release(&host.build("bad", "serve) exec sleep 600;;"), "bad");
    assert_eq!(code, Some(4), "{said}");
    assert!(!host.path("home/current").exists(), "{said}");
    let process = std::path::Path::new("/proc").join(host.pid("api-1"));
    let state = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    assert!(state.is_empty() || state.contains("State:\tZ"), "{state}");
}
