//! Wake-ups between processes, over the server's notifications. They are hints: who waits for a
//! change also looks now and then.

mod listener;
mod notifier;
mod payload;

use std::time::Duration;

use tapedeck_domain::port::{Signal, Signals};
use tapedeck_sql::LocalFeed;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::Database;

/// Tells of changes that were committed. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Wake {
    feed: LocalFeed,
    outbox: mpsc::Sender<Signal>,
}

/// Hears of changes, for as long as it lives.
pub(crate) struct Ear {
    feed: LocalFeed,
    listener: JoinHandle<()>,
}

/// Starts to speak and to hear, under a name that no other process has. The notifier ends when
/// nothing is left that could tell it something.
pub(crate) fn start(database: &Database, sender: Uuid) -> (Wake, Ear) {
    let feed = LocalFeed::default();
    let (outbox, inbox) = mpsc::channel(notifier::BACKLOG);
    tokio::spawn(notifier::run(database.clone(), sender, inbox));
    let listener = tokio::spawn(listener::run(database.clone(), sender, feed.clone()));
    (Wake { feed: feed.clone(), outbox }, Ear { feed, listener })
}

impl Wake {
    /// Tells this process now and the others soon. To be called after the commit.
    pub(crate) fn tell(&self, signal: Signal) {
        self.feed.send(signal);
        // Full: then the notifier finds so many that it tells the others to look for themselves.
        let _ = self.outbox.try_send(signal);
    }
}

impl Ear {
    /// Signals from now on.
    pub(crate) fn subscribe(&self) -> Signals {
        self.feed.subscribe()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Pauses between attempts to connect: they double, and start anew after a success.
struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(2);

    const fn new() -> Self {
        Self(Self::FIRST)
    }

    async fn pause(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = Self::LONGEST.min(self.0 * 2);
    }
}
