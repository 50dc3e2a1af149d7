//! Results: there, and the same for the same request, here and on a server that nobody hurt.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{AT_ONCE, Job};
use crate::TestApp;
use crate::torture::api::Api;
use crate::torture::body::in_effect;
use crate::torture::history::Kind;

/// What is kept of a run, byte by byte.
type Results = Vec<(String, Vec<u8>)>;

/// The results of a kind, all of which depend on the request alone.
const fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Backtest => &["metrics", "trades"],
        Kind::Sweep => &["results"],
    }
}

/// Every difference between runs of equal requests, and every result that is missing.
pub(super) async fn faults(api: &Api, jobs: &[Job]) -> Vec<String> {
    let requests: BTreeMap<String, Value> =
        api.history.submitted().into_iter().map(|it| (it.id, in_effect(&it.body))).collect();
    let succeeded = jobs.iter().filter(|job| job.status == "succeeded");
    let read = stream::iter(succeeded).map(|job| async move { (job, results(api, job).await) });
    let read: Vec<_> = read.buffer_unordered(AT_ONCE).collect().await;
    let (mut found, mut groups) = (Vec::new(), BTreeMap::<String, (Kind, Value, Results)>::new());
    for (job, results) in read {
        let results = match results {
            Ok(results) => results,
            Err(fault) => {
                found.push(fault);
                continue;
            }
        };
        let Some(body) = requests.get(&job.id) else { continue };
        let first = (job.kind, body.clone(), results.clone());
        let (_, _, known) = groups.entry(body.to_string()).or_insert(first);
        if *known != results {
            found.push(format!("{} has other results than equal runs: {body}", job.id));
        }
    }
    found.extend(against_untouched(groups.into_values().collect()).await);
    found
}

async fn results(api: &Api, job: &Job) -> Result<Results, String> {
    let mut results = Vec::new();
    for name in names(job.kind) {
        let path = format!("{}/{}/{name}", job.kind.path(), job.id);
        match api.get(&path).await {
            Some(answer) if answer.status == 200 => {
                results.push(((*name).to_owned(), answer.bytes));
            }
            answer => return Err(format!("{path} cannot be read: {answer:?}")),
        }
    }
    Ok(results)
}

/// One of each against a server that has never seen a fault.
async fn against_untouched(groups: Vec<(Kind, Value, Results)>) -> Vec<String> {
    let (mut found, mut untouched) = (Vec::new(), UNTOUCHED.lock().await);
    for (kind, body, results) in groups {
        let own = match untouched.entry(body.to_string()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(run_untouched(kind, &body).await),
        };
        if *own != results {
            found.push(format!("{body} has other results than on an untouched server"));
        }
    }
    found
}

/// What such a server made of requests, for all checks of this process.
static UNTOUCHED: Mutex<BTreeMap<String, Results>> = Mutex::const_new(BTreeMap::new());

async fn run_untouched(kind: Kind, body: &Value) -> Results {
    let app = TestApp::start().await;
    let posted = app.client.post(app.url(kind.path())).json(body).send().await.unwrap();
    let posted: Value = posted.json().await.unwrap();
    let path = format!("{}/{}", kind.path(), posted["id"].as_str().unwrap());
    let (_, ended) = app.get_json(&format!("{path}?wait=60")).await;
    assert_eq!(ended["status"], "succeeded", "{ended}");
    let mut results = Vec::new();
    for name in names(kind) {
        let bytes = app.get(&format!("{path}/{name}")).await.bytes().await.unwrap();
        results.push(((*name).to_owned(), bytes.to_vec()));
    }
    app.stop();
    results
}
