//! Hears what other processes have committed.

use std::pin::pin;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use tapedeck_domain::port::Signal;
use tapedeck_sql::LocalFeed;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Backoff, payload};
use crate::Database;

/// Silence after which the server is asked whether it is still there.
const QUIET: Duration = Duration::from_secs(5);

/// Listens for ever. What was said while nobody listened is made up for by looking.
pub(super) async fn run(database: Database, own: Uuid, feed: LocalFeed) {
    let mut backoff = Backoff::new();
    loop {
        if let Some(mut connection) = connect(&database).await {
            feed.send(Signal::Missed);
            backoff = Backoff::new();
            follow(&mut connection, &database, own, &feed).await;
        }
        backoff.pause().await;
    }
}

async fn connect(database: &Database) -> Option<AsyncPgConnection> {
    let mut connection = database.dedicated().await.ok()?;
    let listen = format!("LISTEN {}", payload::CHANNEL);
    ask(&mut connection, database, &listen).await.then_some(connection)
}

/// Forwards what is heard, until the connection is lost or the server falls silent.
async fn follow(conn: &mut AsyncPgConnection, database: &Database, own: Uuid, feed: &LocalFeed) {
    loop {
        let heard = {
            let mut notifications = pin!(conn.notifications_stream());
            timeout(QUIET, notifications.next()).await
        };
        match heard {
            Ok(Some(Ok(heard))) => {
                payload::read(own, &heard.payload).into_iter().for_each(|signal| feed.send(signal));
            }
            Ok(_) => return,
            Err(_) if ask(conn, database, "SELECT 1").await => {}
            Err(_) => return,
        }
    }
}

/// Whether the server does as it is told, in time.
async fn ask(conn: &mut AsyncPgConnection, database: &Database, sql: &str) -> bool {
    let answer = timeout(database.call_timeout(), conn.batch_execute(sql)).await;
    matches!(answer, Ok(Ok(())))
}
