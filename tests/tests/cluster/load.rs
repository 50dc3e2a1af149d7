//! Clients that go on submitting while processes come and go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::client;
use tokio::task::JoinHandle;

use crate::cluster::Process;
use crate::support::{TestDatabase, client as database};

/// Where clients send their requests, as a load balancer would know it.
#[derive(Clone, Default)]
pub(crate) struct Upstream(Arc<Mutex<Vec<String>>>);

impl Upstream {
    pub(crate) fn add(&self, process: &Process) {
        self.0.lock().unwrap().push(process.address.clone());
    }

    pub(crate) fn forget(&self, gone: &str) {
        self.0.lock().unwrap().retain(|address| address != gone);
    }

    fn pick(&self, n: usize) -> Option<String> {
        let all = self.0.lock().unwrap();
        (!all.is_empty()).then(|| all[n % all.len()].clone())
    }
}

/// Clients at work.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Vec<String>>>,
}

impl Load {
    /// So many clients, each of which submits one job after the other, and repeats a request that
    /// got no answer with its key, elsewhere.
    pub(crate) fn start(upstream: &Upstream, clients: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |n| tokio::spawn(submit_all(n, upstream.clone(), stop.clone()));
        let clients = (0..clients).map(start).collect();
        Self { stop, clients }
    }

    /// The ids of all jobs that were acknowledged.
    pub(crate) async fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::SeqCst);
        let mut acknowledged = Vec::new();
        for client in self.clients {
            acknowledged.extend(client.await.unwrap());
        }
        acknowledged
    }
}

async fn submit_all(
    client_number: usize,
    upstream: Upstream,
    stop: Arc<AtomicBool>,
) -> Vec<String> {
    let client = client();
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let n = acknowledged.len();
        let key = format!("{client_number}-{n}");
        acknowledged.push(submit(&client, &upstream, &key, client_number + n).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    acknowledged
}

/// Submits until there is an answer.
async fn submit(client: &reqwest::Client, upstream: &Upstream, key: &str, n: usize) -> String {
    for turn in n..n + 2_000 {
        if let Some(address) = upstream.pick(turn) {
            let url = format!("http://{address}/api/v1/backtests");
            let request = client.post(url).header("idempotency-key", key).json(&body(n));
            if let Ok(response) = request.send().await {
                let status = response.status().as_u16();
                let answer: Value = response.json().await.unwrap_or_default();
                match status {
                    200 | 202 => return answer["id"].as_str().unwrap().to_owned(),
                    503 => {}
                    _ => panic!("{status}: {answer}"),
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{key} was never answered");
}

/// Short runs and some that take long enough to be met by a restart.
fn body(n: usize) -> Value {
    let dataset = if n.is_multiple_of(4) { "demo-1m" } else { "aapl-1d" };
    json!({"dataset_id": dataset, "strategy_id": "sma_crossover", "force_new": true,
           "capital": 1e6, "params": {"fast": 5 + n % 10, "slow": 30}})
}

/// Every job that was acknowledged has succeeded and can be read; there are no others; and what
/// was handed back spent no attempt.
pub(crate) async fn check(acknowledged: &[String], process: &Process, store: &TestDatabase) {
    assert!(!acknowledged.is_empty());
    for id in acknowledged {
        let ended = process.end_of(id).await;
        assert_eq!(ended["status"], "succeeded", "{ended}");
        assert_eq!(ended["attempt"], 1, "{ended}");
        let kinds = process.log(id).await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "succeeded").count(), 1, "{kinds:?}");
        let (status, trades) = process.get(&format!("/api/v1/backtests/{id}/trades")).await;
        assert_eq!(status, 200, "{trades}");
    }
    let client = database(&store.name).await;
    let count = client.query_one("SELECT count(*) FROM backtests", &[]).await.unwrap();
    assert_eq!(count.get::<_, i64>(0), i64::try_from(acknowledged.len()).unwrap());
}
