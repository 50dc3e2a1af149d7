//! A database for one test, cloned from a template that is migrated once a server.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tapedeck_domain::port::Migrations as _;
use tapedeck_postgres::{Database, DatabaseOptions, PostgresMigrations};
use tokio_postgres::{Client, Config, NoTls};
use uuid::Uuid;

/// A database that is dropped with this value.
pub(crate) struct TestDatabase {
    pub(crate) name: String,
}

/// The server of `make test`.
#[expect(clippy::disallowed_methods, reason = "the harness hands the server over so")]
fn server() -> String {
    std::env::var("TAPEDECK_TEST_POSTGRES")
        .expect("TAPEDECK_TEST_POSTGRES is not set: run the tests with `make test`")
}

/// The URL of a database on the server.
fn url(name: &str) -> String {
    let server = server();
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

/// A connection of the driver alone.
pub(crate) async fn client(name: &str) -> Client {
    let config: Config = url(name).parse().unwrap();
    let (client, driver) = config.connect(NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

pub(crate) fn options(max_connections: usize) -> DatabaseOptions {
    let acquire_timeout = Duration::from_secs(10);
    DatabaseOptions { max_connections, acquire_timeout, statement_timeout: acquire_timeout }
}

impl TestDatabase {
    /// A database with the schema of this build.
    pub(crate) async fn migrated() -> Self {
        let template = template().await;
        Self::create(&format!("TEMPLATE {template}")).await
    }

    /// A database with nothing in it.
    pub(crate) async fn empty() -> Self {
        Self::create("").await
    }

    async fn create(how: &str) -> Self {
        let name = format!("test_{}", unique().simple());
        let admin = client("postgres").await;
        admin.batch_execute(&format!("CREATE DATABASE {name} {how}")).await.unwrap();
        Self { name }
    }

    /// Its URL, password included.
    pub(crate) fn url(&self) -> String {
        url(&self.name)
    }

    /// A pool on it.
    pub(crate) async fn open(&self, max_connections: usize) -> Database {
        Database::open(&self.url(), options(max_connections)).await.unwrap()
    }
}

impl Drop for TestDatabase {
    /// On a thread and a runtime of its own: the test's may be busy, or unwinding.
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                client("postgres").await.batch_execute(&sql).await.unwrap();
            });
        });
        // A server that is gone has taken the database with it.
        let _ = dropping.join();
    }
}

/// The template of these migrations, made by the first test that needs it.
async fn template() -> String {
    let name = format!("template_{:016x}", fingerprint());
    let admin = client("postgres").await;
    admin.batch_execute("SELECT pg_advisory_lock(1)").await.unwrap();
    let known = "SELECT 1 FROM pg_database WHERE datname = $1";
    if admin.query_opt(known, &[&name]).await.unwrap().is_none() {
        // Under another name until it is whole, should this process be killed.
        let making = format!("making_{}", unique().simple());
        admin.batch_execute(&format!("CREATE DATABASE {making}")).await.unwrap();
        let database = Database::open(&url(&making), options(1)).await.unwrap();
        PostgresMigrations(database).up().await.unwrap();
        let rename = format!("ALTER DATABASE {making} RENAME TO {name}");
        admin.batch_execute(&rename).await.unwrap();
    }
    name
}

/// Of all files of the migrations. This module is compiled into the tests of two crates.
fn fingerprint() -> u64 {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut candidates = crates.map(|dir| dir.join("migrations/postgres"));
    let root = candidates.find(|dir| dir.is_dir()).unwrap();
    let mut hasher = DefaultHasher::new();
    for step in entries(&root) {
        entries(&step).iter().for_each(|file| std::fs::read(file).unwrap().hash(&mut hasher));
    }
    hasher.finish()
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[expect(clippy::disallowed_methods, reason = "a test makes its own ids")]
pub(crate) fn unique() -> Uuid {
    Uuid::now_v7()
}
