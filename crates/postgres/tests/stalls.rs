//! Servers and networks that fall silent, and what is left of it afterwards.

#[path = "support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "shared with other tests")]
mod support;

use std::time::Duration;

use futures_util::future::join_all;
use proxy::Proxy;
use support::{TestDatabase, options, unique};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::port::{JobStore as _, StorageError};
use tapedeck_postgres::{Database, PostgresJobs};

/// So many connections as there are calls at a time.
const CONNECTIONS: usize = 4;

async fn jobs(database: &TestDatabase, proxy: &Proxy) -> PostgresJobs {
    let mut options = options(CONNECTIONS);
    options.acquire_timeout = Duration::from_secs(4);
    options.statement_timeout = Duration::from_secs(1);
    let database = Database::open(&proxy.url(database), options).await.unwrap();
    PostgresJobs::new(database, unique())
}

/// The answers of as many calls at the same moment as there are connections.
async fn look(jobs: &PostgresJobs) -> Vec<bool> {
    let find = || jobs.find(BacktestId::from_uuid(unique()));
    let found = join_all((0..CONNECTIONS).map(|_| find())).await;
    let was_answered = |found| match found {
        Ok(found) => {
            assert_eq!(found, None);
            true
        }
        Err(StorageError::Unavailable(_)) => false,
        Err(error) => panic!("{error}"),
    };
    found.into_iter().map(was_answered).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_freeze_all_connections_work_again() {
    let database = TestDatabase::migrated().await;
    let proxy = Proxy::start(&database).await;
    let jobs = jobs(&database, &proxy).await;
    assert_eq!(look(&jobs).await, [true; CONNECTIONS]);
    proxy.freeze(true);
    for _ in 0..2 {
        assert_eq!(look(&jobs).await, [false; CONNECTIONS]);
    }
    proxy.freeze(false);
    for _ in 0..3 {
        assert_eq!(look(&jobs).await, [true; CONNECTIONS]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_lost_without_a_word_fail_one_call_and_no_more() {
    let database = TestDatabase::migrated().await;
    let proxy = Proxy::start(&database).await;
    let jobs = jobs(&database, &proxy).await;
    assert_eq!(look(&jobs).await, [true; CONNECTIONS]);
    proxy.lose();
    jobs.find(BacktestId::from_uuid(unique())).await.unwrap_err();
    for _ in 0..3 {
        assert_eq!(look(&jobs).await, [true; CONNECTIONS]);
    }
}
