//! The yardstick of SQLite: single rows inserted into a file as durable as the store's.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection, sql_query};
use tempfile::TempDir;

use crate::load::seconds;
use crate::time::nanos;

const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                     PRAGMA synchronous = FULL; \
                     CREATE TABLE IF NOT EXISTS \"rows\" (id TEXT NOT NULL PRIMARY KEY, \
                         status INTEGER NOT NULL, priority INTEGER NOT NULL, \
                         created_at INTEGER NOT NULL, payload TEXT NOT NULL)";

/// Inserts a second by so many threads, each with a connection of its own.
pub(crate) fn rate(clients: usize, time: Duration) -> f64 {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("rows.db");
    drop(connection(&path));
    let next = Arc::new(AtomicU64::new(0));
    let start = nanos();
    let until = start + u64::try_from(time.as_nanos()).unwrap();
    let client = |_| {
        let (path, next) = (path.clone(), next.clone());
        std::thread::spawn(move || inserts(&path, &next, until))
    };
    let clients: Vec<_> = (0..clients).map(client).collect();
    let done: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    done as f64 / seconds(start, nanos())
}

fn connection(path: &Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(SETUP).unwrap();
    conn
}

fn inserts(path: &Path, next: &AtomicU64, until: u64) -> u64 {
    let mut conn = connection(path);
    let payload = "0123456789abcdef".repeat(16);
    let mut done = 0;
    while nanos() < until {
        let n = i64::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
        let insert = sql_query("INSERT INTO \"rows\" VALUES (?, 0, 1, ?, ?)");
        let insert = insert.bind::<Text, _>(format!("0192-{n:032x}"));
        insert.bind::<BigInt, _>(n).bind::<Text, _>(&payload).execute(&mut conn).unwrap();
        done += 1;
    }
    done
}
