//! Clients that never stop asking.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::api::Api;
use super::body::body;
use super::events::follow;
use super::history::Kind;
use super::seed::Chance;

/// Clients at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Load {
    /// So many clients start to work.
    pub fn start(api: &Api, clients: usize, chance: &mut Chance) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |number| Client {
            name: format!("{:016x}-{number}", chance.number()),
            api: api.clone(),
            chance: chance.split(),
        };
        let all: Vec<_> = (0..clients).map(client).collect();
        let clients = all.into_iter().map(|client| client.work(Arc::clone(&stop))).collect();
        Self { stop, clients }
    }

    /// Tells the clients to stop, and waits until each has the answers that it still wants.
    pub async fn finish(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(done) = self.clients.join_next().await {
            done.unwrap();
        }
    }
}

struct Client {
    name: String,
    api: Api,
    chance: Chance,
}

/// How long a client streams one job, at most.
const STREAM: Duration = Duration::from_secs(10);

impl Client {
    async fn work(mut self, stop: Arc<AtomicBool>) {
        let mut count = 0;
        while !stop.load(Ordering::Relaxed) {
            count += 1;
            self.ask(&format!("{}-{count}", self.name)).await;
            self.chance.pause(5, 60).await;
        }
    }

    /// Submits something, and perhaps stays with it.
    async fn ask(&mut self, key: &str) {
        let kind = if self.chance.percent(10) { Kind::Sweep } else { Kind::Backtest };
        let body = body(kind, &mut self.chance);
        let id = if self.chance.percent(75) {
            self.api.submit(kind, key, &body).await
        } else {
            self.api.share(kind, &body).await
        };
        let Some(id) = id else { return };
        match self.chance.below(10) {
            0..=2 => {
                self.chance.pause(0, 60).await;
                self.api.cancel(kind, &id).await;
            }
            3..=5 => follow(&self.api, kind, &id, STREAM).await,
            6..=8 => self.api.watch(kind, &id).await,
            _ => {}
        }
    }
}
