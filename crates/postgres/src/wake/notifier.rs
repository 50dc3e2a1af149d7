//! Tells other processes what this one has committed, a few milliseconds' worth at a time, on a
//! connection of its own: a notification that is part of a transaction makes all commits of the
//! server wait for each other.

use std::time::Duration;

use diesel::result::Error as DieselError;
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use tapedeck_domain::port::Signal;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Backoff, payload};
use crate::Database;

/// Signals that may wait to be told. When it ran full some are lost, and others are told to look
/// for themselves; so it is more than are ever told one by one.
pub(super) const BACKLOG: usize = 4096;

/// How long signals gather after a notification, before the next. The first after a silence is
/// told at once: somebody may be waiting for just that one.
const GATHERING: Duration = Duration::from_millis(5);

pub(super) async fn run(database: Database, sender: Uuid, mut inbox: mpsc::Receiver<Signal>) {
    let mut notifier = Notifier { database, connection: None };
    while let Some(first) = inbox.recv().await {
        let mut signals = vec![first];
        signals.extend(waiting(&mut inbox));
        let mut payloads = if signals.len() >= BACKLOG {
            vec![payload::look(sender)]
        } else {
            payload::write(sender, &signals)
        };
        let mut backoff = Backoff::new();
        while notifier.send(&payloads).await.is_err() {
            if inbox.is_closed() {
                return;
            }
            backoff.pause().await;
            waiting(&mut inbox).for_each(drop);
            payloads = vec![payload::look(sender)];
        }
        tokio::time::sleep(GATHERING).await;
    }
}

fn waiting(inbox: &mut mpsc::Receiver<Signal>) -> impl Iterator<Item = Signal> {
    std::iter::from_fn(|| inbox.try_recv().ok())
}

struct Notifier {
    database: Database,
    connection: Option<AsyncPgConnection>,
}

/// The notification could not be sent, or nobody knows whether it was.
struct Unsent;

impl Notifier {
    /// A connection that failed or did not answer is not used again.
    async fn send(&mut self, payloads: &[String]) -> Result<(), Unsent> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let sent =
            tokio::time::timeout(self.database.call_timeout(), notify(&mut connection, payloads));
        sent.await.map_err(|_| Unsent)?.map_err(|_| Unsent)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// A notification is a transaction, and would be written to the disk: but when the server
    /// crashes, those who listen lose their connections and look for themselves.
    async fn connect(&self) -> Result<AsyncPgConnection, Unsent> {
        let mut connection = self.database.dedicated().await.map_err(|_| Unsent)?;
        let set = connection.batch_execute("SET synchronous_commit = off");
        let set = tokio::time::timeout(self.database.call_timeout(), set);
        set.await.map_err(|_| Unsent)?.map_err(|_| Unsent)?;
        Ok(connection)
    }
}

async fn notify(conn: &mut AsyncPgConnection, payloads: &[String]) -> Result<(), DieselError> {
    diesel::sql_query("SELECT pg_notify($1, payload) FROM unnest($2) AS payload")
        .bind::<Text, _>(payload::CHANNEL)
        .bind::<Array<Text>, _>(payloads)
        .execute(conn)
        .await?;
    Ok(())
}
