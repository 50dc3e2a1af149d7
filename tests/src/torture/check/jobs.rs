//! Jobs as the servers have them.

use serde_json::Value;

use crate::torture::api::{Api, is_terminal};
use crate::torture::history::Kind;
use crate::torture::{events, journal};

/// A job with its log.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its state.
    pub status: String,
    /// As the API shows it.
    pub resource: Value,
    /// Its log, in order.
    pub log: Vec<Value>,
}

impl Job {
    /// What is wrong with it in itself.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = journal::faults(&self.log, &self.status);
        if !is_terminal(&self.status) {
            faults.push(format!("it is {}", self.status));
        }
        if matches!(self.status.as_str(), "failed" | "timed_out") {
            faults.push(format!("it ended as nobody wanted: {}", self.resource["failure"]));
        }
        let Self { id, log, .. } = self;
        let log = || log.iter().map(Value::to_string).collect::<Vec<_>>().join("\n    ");
        faults.iter().map(|fault| format!("{id}: {fault}\n    {}", log())).collect()
    }

    /// How often its worker was lost.
    pub fn losses(&self) -> usize {
        journal::losses(&self.log)
    }
}

/// All jobs of a kind: their ids and where they stand.
pub(super) async fn list(api: &Api, kind: Kind) -> Vec<(String, String)> {
    let (mut jobs, mut rest) = (Vec::new(), String::new());
    loop {
        let path = format!("{}?limit=500{rest}", kind.path());
        let answer = api.get(&path).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        let page = answer.json();
        let items = page["items"].as_array().unwrap();
        let member = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        jobs.extend(items.iter().map(|item| (member(item, "id"), member(item, "status"))));
        match page["next_cursor"].as_str() {
            Some(cursor) => rest = format!("&cursor={cursor}"),
            None => return jobs,
        }
    }
}

/// A job with its log, or why it cannot be had.
pub(super) async fn load(api: &Api, kind: Kind, id: String) -> Result<Job, String> {
    let answer = api.get(&format!("{}/{id}", kind.path())).await;
    let answer = answer.ok_or_else(|| format!("{id} cannot be read"))?;
    if answer.status != 200 {
        return Err(format!("{id} is listed, and reading it gives {}", answer.status));
    }
    let resource = answer.json();
    let log = events::whole(api, kind, &id).await;
    let log = log.ok_or_else(|| format!("the log of {id} cannot be read"))?;
    let status = resource["status"].as_str().unwrap_or_default().to_owned();
    Ok(Job { kind, id, status, resource, log })
}
