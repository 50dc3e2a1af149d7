//! Whatever is done to the embedded store and to the one in memory, they look alike.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tapedeck_domain::port::Migrations as _;
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tapedeck_testkit::conformance::Jobs;
use tapedeck_testkit::conformance::model::{Operation, Pair};
use tapedeck_testkit::memory::MemoryJobs;

async fn agree(operations: Vec<Operation>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let database = Database::open(&path, 2, Duration::from_secs(30)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    let sqlite = Jobs::new(SqliteJobs::new(database), dir);
    let mut pair = Pair::new(Jobs::new(MemoryJobs::default(), ()), sqlite);
    for operation in operations {
        pair.apply(operation).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn any_calls_leave_both_stores_alike(bytes in vec(any::<[u8; 4]>(), 1..60)) {
        let operations = bytes.into_iter().map(Operation::from).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agree(operations));
    }
}
