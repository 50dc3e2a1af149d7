//! The proof that no promise was broken: what clients were told against what the servers have.

mod jobs;
mod results;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::Instant;

use super::api::{Api, PATIENCE, is_terminal};
use super::history::{Fact, Kind};
use super::seed::say;

pub use jobs::Job;

/// What the checker found.
#[derive(Debug)]
pub struct Verdict {
    /// Jobs that were acknowledged.
    pub acknowledged: usize,
    /// Jobs that there are, each with its log.
    pub jobs: Vec<Job>,
    /// Broken promises.
    pub violations: Vec<String>,
}

impl Verdict {
    /// Tells what was found, and fails unless that is nothing.
    pub fn must_be_clean(&self, fault: &str) {
        let (acknowledged, violations) = (self.acknowledged, self.violations.len());
        let lost: usize = self.jobs.iter().map(Job::losses).sum();
        summarise(&format!(
            "{fault}: {acknowledged} acknowledged jobs, {lost} rescued, {violations} violations"
        ));
        assert_eq!(violations, 0, "{}", self.violations.join("\n"));
    }
}

/// Adds a line to the summary of `make torture`.
#[expect(clippy::disallowed_methods, reason = "the script says where")]
fn summarise(line: &str) {
    say(line);
    let Ok(path) = std::env::var("TORTURE_SUMMARY") else { return };
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    std::io::Write::write_all(&mut file, format!("{line}\n").as_bytes()).unwrap();
}

/// Requests of the checker at the same time.
const AT_ONCE: usize = 8;

/// Waits until all jobs have ended, and holds them against the history.
pub async fn check(api: &Api) -> Verdict {
    let mut violations: Vec<String> = Vec::new();
    let mut jobs = Vec::new();
    for kind in [Kind::Backtest, Kind::Sweep] {
        let (ids, over) = settled(api, kind).await;
        if !over {
            violations.push(format!("{} still wait or run", kind.path()));
        }
        let found = stream::iter(ids).map(|id| jobs::load(api, kind, id)).buffer_unordered(AT_ONCE);
        for job in found.collect::<Vec<_>>().await {
            match job {
                Ok(job) => jobs.push(job),
                Err(fault) => violations.push(fault),
            }
        }
    }
    let facts = api.history.facts();
    violations.extend(jobs.iter().flat_map(Job::faults));
    violations.extend(against(&facts, &jobs));
    violations.extend(replays(api).await);
    violations.extend(results::faults(api, &jobs).await);
    let told: BTreeSet<_> = api.history.submitted().into_iter().map(|it| it.id).collect();
    Verdict { acknowledged: told.len(), jobs, violations }
}

/// The ids of all jobs of a kind, once all of them have ended; `false` when that does not come.
async fn settled(api: &Api, kind: Kind) -> (Vec<String>, bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let jobs = jobs::list(api, kind).await;
        let over = jobs.iter().all(|(_, status)| is_terminal(status));
        if over || Instant::now() > deadline {
            return (jobs.into_iter().map(|(id, _)| id).collect(), over);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the history says of jobs against what they are.
fn against(facts: &[Fact], jobs: &[Job]) -> Vec<String> {
    let by_id: BTreeMap<&str, &Job> = jobs.iter().map(|job| (job.id.as_str(), job)).collect();
    let status_of = |id: &str| by_id.get(id).map(|job| job.status.as_str());
    let (mut found, mut keyed) = (Vec::new(), BTreeMap::new());
    let (mut told, mut sent, mut shared) = (BTreeSet::new(), 0, 0);
    for fact in facts {
        match fact {
            Fact::Violation(what) => found.push(what.clone()),
            Fact::Sent { .. } => sent += 1,
            Fact::Submitted(it) => {
                told.insert(it.id.as_str());
                if status_of(&it.id).is_none() {
                    found.push(format!("{} was acknowledged, and is lost", it.id));
                }
                match &it.key {
                    None => shared += 1,
                    Some(key) => {
                        if let Some(other) = keyed.insert(it.id.as_str(), key) {
                            found.push(format!("{key} and {other} share {}", it.id));
                        }
                    }
                }
            }
            Fact::Ended { id, status } => {
                if status_of(id) != Some(status) {
                    found.push(format!("{id} was seen {status}, and is {:?}", status_of(id)));
                }
            }
            Fact::Cancelled { id, .. } => {
                if status_of(id).is_none() {
                    found.push(format!("{id} was cancelled, and is lost"));
                }
            }
        }
    }
    // Each request without a key whose answer was lost may have made one; nothing else may.
    let unknown: Vec<_> = by_id.keys().filter(|id| !told.contains(*id)).collect();
    if unknown.len() > sent - shared {
        found.push(format!("nobody asked for {unknown:?}"));
    }
    found
}

/// Every key must still stand for the job that it made.
async fn replays(api: &Api) -> Vec<String> {
    let keyed = api.history.submitted().into_iter().filter(|submitted| submitted.key.is_some());
    let replayed = stream::iter(keyed).map(|submitted| async move {
        let id = api.replay(&submitted).await;
        let same = id.as_ref() == Some(&submitted.id);
        (!same).then(|| format!("{submitted:?} is answered with {id:?} when repeated"))
    });
    replayed.buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}
