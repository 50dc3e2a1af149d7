//! The life of a job whose every step is another process's.

use serde_json::{Value, json};
use tapedeck_tests::crossover;

use crate::cluster::Cluster;

/// A run that takes a while.
fn long() -> Value {
    json!({"dataset_id": "long-1m", "strategy_id": "sma_crossover", "capital": 1e9,
           "params": {"fast": 2, "slow": 3}, "force_new": true})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_takes_another_runs_and_a_third_tells() {
    let cluster = Cluster::new().await;
    let (first, third) = (cluster.start("api").await, cluster.start("api").await);
    let id = first.submit(&crossover()).await;
    let path = format!("/api/v1/backtests/{id}");
    assert_eq!(third.get(&path).await.1["status"], "queued", "nobody is there to run it");

    let events = format!("{path}/events");
    let stream = third.text(&events);
    let working = async {
        let worker = cluster.start("worker").await;
        assert_eq!(worker.get("/healthz").await.0, 200);
        assert_eq!(worker.get(&path).await.0, 404, "a worker serves no API");
        worker
    };
    let (stream, _worker) = tokio::join!(stream, working);
    for kind in ["queued", "started", "succeeded", "end"] {
        assert!(stream.contains(&format!("event: {kind}\n")), "{kind}: {stream}");
    }
    let ended = first.end_of(&id).await;
    assert_eq!((&ended["status"], &ended["metrics"]["trades"]), (&json!("succeeded"), &json!(30)));
    let trades = format!("{path}/trades");
    assert_eq!(first.get(&trades).await, third.get(&trades).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_from_any_process() {
    let cluster = Cluster::new().await;
    cluster.generate("long-1m", 3_000_000).await;
    let (first, other) = (cluster.start("api").await, cluster.start("api").await);
    let _worker = cluster.start("worker").await;
    let id = first.submit(&long()).await;
    first.until(&id, "running").await;
    let (status, cancelling) =
        other.post(&format!("/api/v1/backtests/{id}/cancel"), &json!({})).await;
    assert!(status == 200 || status == 202, "{cancelling}");
    let ended = first.end_of(&id).await;
    assert_eq!(ended["status"], "cancelled", "{ended}");
    let log = other.log(&id).await;
    assert_eq!(log.iter().filter(|kind| *kind == "cancelled").count(), 1, "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_of_a_worker_that_was_killed_is_finished_by_another() {
    let cluster = Cluster::new().await;
    cluster.generate("long-1m", 3_000_000).await;
    let (api, doomed) = (cluster.start("api").await, cluster.start("worker").await);
    let id = api.submit(&long()).await;
    api.until(&id, "running").await;
    doomed.kill().await;
    let _heir = cluster.start("worker").await;
    let ended = api.end_of(&id).await;
    assert_eq!((&ended["status"], &ended["attempt"]), (&json!("succeeded"), &json!(2)), "{ended}");
    let log = api.log(&id).await;
    assert_eq!(log.iter().filter(|kind| *kind == "started").count(), 2, "{log:?}");
}
