//! Signals between the tasks of one process.

use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use tapedeck_domain::port::{Signal, Signals};
use tokio::sync::broadcast::{self, error::RecvError};

/// Signals between the tasks of one process. Cloning shares it.
#[derive(Clone)]
pub struct LocalFeed(broadcast::Sender<Signal>);

/// Signals that a slow listener may lag behind before it is told to look for itself.
const BACKLOG: usize = 1024;

impl Default for LocalFeed {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl LocalFeed {
    /// Tells all listeners. To be called after the commit.
    pub fn send(&self, signal: Signal) {
        // An error only says that nobody listens.
        let _ = self.0.send(signal);
    }

    /// Signals from now on.
    pub fn subscribe(&self) -> Signals {
        let signals = unfold(self.0.subscribe(), |mut receiver| async {
            let signal = match receiver.recv().await {
                Ok(signal) => signal,
                Err(RecvError::Lagged(_)) => Signal::Missed,
                Err(RecvError::Closed) => return None,
            };
            Some((signal, receiver))
        });
        signals.boxed()
    }
}
