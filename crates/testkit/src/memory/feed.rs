//! Signals between the tasks of a test.

use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use tapedeck_domain::port::{Signal, Signals};
use tokio::sync::broadcast::{self, error::RecvError};

pub(super) struct Feed(broadcast::Sender<Signal>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(1024).0)
    }
}

impl Feed {
    pub(super) fn send(&self, signal: Signal) {
        // An error only says that nobody listens.
        let _ = self.0.send(signal);
    }

    pub(super) fn subscribe(&self) -> Signals {
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
