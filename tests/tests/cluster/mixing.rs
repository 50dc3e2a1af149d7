//! Two builds, and schemas that a newer one has added to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use tapedeck_tests::{binary, crossover};

use crate::cluster::{Cluster, Process};
use crate::load::{Load, Upstream, check};
use crate::support::client;

/// Pretends that a newer build has migrated the database.
async fn migrate_beyond(cluster: &Cluster, version: &str) {
    let sql = format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')");
    client(&cluster.database.name).await.batch_execute(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_runs_and_starts_on_what_a_newer_one_has_added_to_the_schema() {
    let cluster = Cluster::new().await;
    let running = cluster.start("all").await;
    migrate_beyond(&cluster, "99990101000000").await;
    let (status, body) = running.get("/api/health/ready").await;
    assert_eq!(status, 200, "{body}");
    let detail = body["checks"]["migrations"]["detail"].as_str().unwrap();
    assert!(detail.ends_with("a newer build added 99990101000000"), "{detail}");
    let again = cluster.start("all").await;
    let id = again.submit(&crossover()).await;
    assert_eq!(running.end_of(&id).await["status"], "succeeded");

    migrate_beyond(&cluster, "99990102000000breaking").await;
    let (status, body) = running.get("/api/health/ready").await;
    assert_eq!((status, &body["checks"]["migrations"]["status"]), (503, &json!("down")), "{body}");
    let refused = cluster.command(&binary(), &["serve"]).output().await.unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(message.contains("too new for this build"), "{message}");
    assert!(message.contains("99990102000000breaking"), "{message}");
}

/// The program of the build before, in a place where it can be replaced.
#[expect(clippy::disallowed_methods, reason = "scripts/rolling-restart.sh hands it over so")]
fn previous(cluster: &Cluster) -> PathBuf {
    let built = std::env::var("TAPEDECK_TEST_PREVIOUS").expect("run it by `make rolling REV=...`");
    let program = cluster.data.path().join("tapedeck-in-use");
    std::fs::copy(built, &program).unwrap();
    program
}

/// As an installer does: beside it, then in its place.
fn replace(program: &Path) {
    let new = program.with_extension("new");
    std::fs::copy(binary(), &new).unwrap();
    std::fs::rename(new, program).unwrap();
}

async fn verified(process: &Process, id: &str) -> bool {
    let (status, verdict) =
        process.post(&format!("/api/v1/backtests/{id}/verify"), &json!({})).await;
    assert_eq!(status, 200, "{verdict}");
    verdict["identical"] == true
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the program of another build: make rolling REV=..."]
async fn servers_of_the_build_before_are_replaced_under_load() {
    let cluster = Cluster::new().await;
    let upstream = Upstream::default();
    let program = previous(&cluster);
    let mut old = vec![
        cluster.start_program(&program, "all").await,
        cluster.start_program(&program, "all").await,
    ];
    old.iter().for_each(|process| upstream.add(process));
    let load = Load::start(&upstream, 3);
    tokio::time::sleep(Duration::from_secs(2)).await;

    println!("{}", cluster.run(&binary(), &["migrate", "up"]).await);
    let (status, ready) = old[0].get("/api/health/ready").await;
    println!("readiness of the old build on the new schema: {status} {ready}");
    let first = old[0].submit(&crossover()).await;
    assert_eq!(old[1].end_of(&first).await["status"], "succeeded", "the old ones work on");
    replace(&program);
    assert!(verified(&old[0], &first).await, "by a process of the program that is there now");

    let mut new = vec![cluster.start("all").await];
    upstream.add(&new[0]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let by_new = new[0].submit(&crossover_of(60)).await;
    assert_eq!(old[0].end_of(&by_new).await["status"], "succeeded", "the old ones read the new");
    while !old.is_empty() {
        let leaving = old.remove(0);
        let gone = leaving.address.clone();
        leaving.terminate().await;
        new.push(cluster.start("all").await);
        upstream.add(&new[new.len() - 1]);
        upstream.forget(&gone);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let mut acknowledged = load.stop().await;
    acknowledged.extend([first.clone(), by_new]);
    println!("{} jobs were acknowledged", acknowledged.len());
    check(&acknowledged, &new[0], &cluster.database).await;
    assert!(verified(&new[1], &first).await, "a run of the old build by the new one");
}

/// Unlike all others.
fn crossover_of(slow: u32) -> serde_json::Value {
    let mut body = crossover();
    body["params"]["slow"] = slow.into();
    body
}
