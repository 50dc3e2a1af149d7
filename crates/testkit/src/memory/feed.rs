//! Signals between the tasks of a test.

use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::{Signal, Signals};
use tokio::sync::broadcast::{self, error::RecvError};

pub(super) struct Feed(broadcast::Sender<BacktestId>);

impl Default for Feed {
    fn default() -> Self {
        Self(broadcast::channel(1024).0)
    }
}

impl Feed {
    pub(super) fn changed(&self, id: BacktestId) {
        // An error only says that nobody listens.
        let _ = self.0.send(id);
    }

    pub(super) fn subscribe(&self) -> Signals {
        let signals = unfold(self.0.subscribe(), |mut receiver| async {
            let signal = match receiver.recv().await {
                Ok(id) => Signal::Changed(id),
                Err(RecvError::Lagged(_)) => Signal::Missed,
                Err(RecvError::Closed) => return None,
            };
            Some((signal, receiver))
        });
        signals.boxed()
    }
}
