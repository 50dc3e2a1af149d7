//! A pool of connections, as it is measured.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// A connection that is lent out, counted for as long as this lives.
#[derive(Debug)]
pub struct InUse(());

impl InUse {
    fn new() -> Self {
        metrics::gauge!("tapedeck_database_connections_in_use").increment(1.0);
        Self(())
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        metrics::gauge!("tapedeck_database_connections_in_use").decrement(1.0);
    }
}

/// Says how large a pool may be.
pub fn opened(max_connections: usize) {
    metrics::gauge!("tapedeck_database_connections_max").set(max_connections as f64);
    for kind in [NOT_IN_TIME, NONE, NO_ANSWER] {
        failed(kind, 0);
    }
}

const NOT_IN_TIME: &str = "acquire_timeout";
const NONE: &str = "connect";
const NO_ANSWER: &str = "call_timeout";

fn failed(kind: &'static str, count: u64) {
    metrics::counter!("tapedeck_database_errors_total", "kind" => kind).increment(count);
}

/// Counts a call that got no answer in time.
pub fn fell_silent() {
    failed(NO_ANSWER, 1);
}

/// Waits for a connection, no longer than `patience`. `size` is how many there are then.
///
/// # Errors
/// None came in time, or none can be made.
pub async fn lend<T, E: Display>(
    patience: Duration,
    get: impl Future<Output = Result<T, E>>,
    size: impl FnOnce() -> usize,
) -> Result<(T, InUse), String> {
    let start = Instant::now();
    let got = timeout(patience, get).await;
    metrics::histogram!("tapedeck_database_acquire_seconds").record(start.elapsed());
    metrics::gauge!("tapedeck_database_connections").set(size() as f64);
    match got {
        Ok(Ok(connection)) => Ok((connection, InUse::new())),
        Ok(Err(error)) => {
            failed(NONE, 1);
            Err(error.to_string())
        }
        Err(_) => {
            failed(NOT_IN_TIME, 1);
            Err("no free connection in time".to_owned())
        }
    }
}
