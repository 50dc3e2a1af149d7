//! The API as a stubborn client sees it: whatever fails is tried again, here or at another server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::time::Instant;

use super::fleet::Addresses;
use super::history::{Fact, History, Kind, Submitted};

/// What a server said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, byte by byte.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    fn id(&self) -> Option<String> {
        Some(self.json()["id"].as_str()?.to_owned())
    }
}

/// A client of all servers. Cloning shares the history.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    addresses: Addresses,
    turn: Arc<AtomicUsize>,
    /// What it was told.
    pub history: Arc<History>,
}

/// How long an answer may take before the client gives the request up.
const ANSWER: Duration = Duration::from_secs(12);
/// How long a client goes on trying.
pub const PATIENCE: Duration = Duration::from_secs(180);

impl Api {
    /// Of the servers at these addresses.
    pub fn new(addresses: Addresses, history: History) -> Self {
        let (client, history) = (crate::client(), Arc::new(history));
        Self { client, addresses, turn: Arc::default(), history }
    }

    /// A request to the server whose turn it is.
    pub fn request(&self, method: Method, path: &str) -> Option<RequestBuilder> {
        let address = self.addresses.at(self.turn.fetch_add(1, Ordering::Relaxed))?;
        Some(self.client.request(method, format!("http://{address}{path}")))
    }

    /// Sends it once; `None` when there is no whole answer in time.
    pub async fn once(&self, request: Option<RequestBuilder>) -> Option<Answer> {
        let answer = request?.timeout(ANSWER).send().await.ok()?;
        let status = answer.status().as_u16();
        Some(Answer { status, bytes: answer.bytes().await.ok()?.to_vec() })
    }

    /// `GET path` until it is answered with anything but 503.
    pub async fn get(&self, path: &str) -> Option<Answer> {
        self.stubbornly(|| self.request(Method::GET, path)).await
    }

    async fn stubbornly(&self, make: impl Fn() -> Option<RequestBuilder>) -> Option<Answer> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match self.once(make()).await {
                Some(answer) if answer.status != 503 => return Some(answer),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        None
    }

    fn post(&self, kind: Kind, key: Option<&str>, body: &Value) -> Option<RequestBuilder> {
        let request = self.request(Method::POST, kind.path())?.json(body);
        Some(key.iter().fold(request, |request, key| request.header("idempotency-key", *key)))
    }

    /// Submits with a key, again and again with the same one until it is acknowledged.
    pub async fn submit(&self, kind: Kind, key: &str, body: &Value) -> Option<String> {
        let answer = self.stubbornly(|| self.post(kind, Some(key), body)).await;
        self.acknowledged(kind, Some(key), body, answer)
    }

    /// Submits without a key: an equal run that is there is as good.
    pub async fn share(&self, kind: Kind, body: &Value) -> Option<String> {
        let answer = self.stubbornly(|| {
            self.history.add(Fact::Sent { kind });
            self.post(kind, None, body)
        });
        let answer = answer.await;
        self.acknowledged(kind, None, body, answer)
    }

    /// Submits with a key that was used before: the job that comes back.
    pub async fn replay(&self, submitted: &Submitted) -> Option<String> {
        let Submitted { kind, key, body, .. } = submitted;
        self.stubbornly(|| self.post(*kind, key.as_deref(), body)).await?.id()
    }

    fn acknowledged(
        &self,
        kind: Kind,
        key: Option<&str>,
        body: &Value,
        answer: Option<Answer>,
    ) -> Option<String> {
        let id = answer.as_ref().filter(|answer| matches!(answer.status, 200 | 202));
        let Some(id) = id.and_then(Answer::id) else {
            let said =
                answer.map(|it| (it.status, String::from_utf8_lossy(&it.bytes).into_owned()));
            self.history.violation(format!("{} {key:?} {body}: {said:?}", kind.path()));
            return None;
        };
        let (key, body, copy) = (key.map(str::to_owned), body.clone(), id.clone());
        self.history.add(Fact::Submitted(Submitted { kind, key, body, id: copy }));
        Some(id)
    }

    /// Asks for the end of a job.
    pub async fn cancel(&self, kind: Kind, id: &str) {
        let path = format!("{}/{id}/cancel", kind.path());
        let Some(answer) = self.stubbornly(|| self.request(Method::POST, &path)).await else {
            return self.history.violation(format!("{path}: no answer"));
        };
        match (answer.status, answer.json()["status"].as_str()) {
            (200 | 202, Some(status)) => {
                self.history.add(Fact::Cancelled { id: id.to_owned(), status: status.to_owned() });
                self.saw(id, status);
            }
            _ => self.history.violation(format!("{path}: {answer:?}")),
        }
    }

    /// Waits a moment for the end of a job, and notes what it sees.
    pub async fn watch(&self, kind: Kind, id: &str) {
        let path = format!("{}/{id}?wait=2", kind.path());
        match self.get(&path).await {
            Some(answer) if answer.status == 200 => {
                self.saw(id, answer.json()["status"].as_str().unwrap_or_default());
            }
            answer => self.history.violation(format!("{path}: {answer:?}")),
        }
    }

    /// Notes a state that was seen, if it is final.
    pub fn saw(&self, id: &str, status: &str) {
        if is_terminal(status) {
            self.history.add(Fact::Ended { id: id.to_owned(), status: status.to_owned() });
        }
    }
}

/// Whether a job stays in this state for ever.
pub fn is_terminal(status: &str) -> bool {
    matches!(status, "succeeded" | "failed" | "cancelled" | "timed_out")
}
