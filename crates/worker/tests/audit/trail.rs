//! An audit trail in a real database with its heads in real files, and whoever tampers with them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use serde_json::json;
use tapedeck_application::{AuditSeal, AuditVerify, SealPulse};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::{AuditEntry, FaultKind, Verification};
use tapedeck_domain::port::{
    AuditChain, AuditFilter, AuditLog, Clock as _, Migrations as _, Pause, QueueControl,
};
use tapedeck_files::HeadFiles;
use tapedeck_postgres::PostgresJobs;
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tapedeck_testkit::FakeClock;
use tempfile::TempDir;

use crate::support::{TestDatabase, client, unique};

/// Ten entries, sealed two by two.
pub(crate) struct Trail {
    pub(crate) chain: Arc<dyn AuditChain>,
    pub(crate) control: Arc<dyn QueueControl>,
    pub(crate) audit: Arc<dyn AuditLog>,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) dir: TempDir,
    database: Option<TestDatabase>,
}

impl Trail {
    pub(crate) async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let jobs = sqlite_jobs(&dir.path().join("jobs.db")).await;
        Self::over(Arc::new(jobs), dir, None).await
    }

    pub(crate) async fn postgres() -> Self {
        let database = TestDatabase::migrated().await;
        let jobs = PostgresJobs::new(database.open(4).await, unique());
        Self::over(Arc::new(jobs), tempfile::tempdir().unwrap(), Some(database)).await
    }

    async fn over<T>(jobs: Arc<T>, dir: TempDir, database: Option<TestDatabase>) -> Self
    where
        T: AuditChain + QueueControl + AuditLog + 'static,
    {
        let clock = Arc::new(FakeClock::default());
        let (chain, control, audit) = (jobs.clone(), jobs.clone(), jobs);
        let trail = Self { chain, control, audit, clock, dir, database };
        trail.grow(5).await;
        let found = trail.verify().await;
        assert!(found.is_intact() && found.entries == 10, "{found:?}");
        trail
    }

    /// Adds two entries and seals them, so many times.
    pub(crate) async fn grow(&self, times: usize) {
        for _ in 0..times {
            self.decide(true).await;
            self.decide(false).await;
            self.seal().await;
        }
    }

    /// Pauses or resumes the queue.
    pub(crate) async fn decide(&self, pauses: bool) {
        self.clock.advance(Duration::from_secs(1));
        let at = self.clock.now();
        let entry = AuditEntry {
            at,
            actor: Actor::command_line(),
            action: "queue.pause".to_owned(),
            subject: "queue".to_owned(),
            request_id: Some("r-1".parse().unwrap()),
            before: Some(json!({"paused": !pauses})),
            after: Some(json!({"paused": pauses, "at": at.to_string()})),
        };
        let pause = Pause { at, by: Actor::command_line(), request_id: None, reason: None };
        assert!(self.control.set_pause(pauses.then_some(pause), entry).await.unwrap());
    }

    /// As a process does that has just started.
    pub(crate) async fn seal(&self) -> usize {
        self.clock.advance(Duration::from_secs(1));
        let heads = Arc::new(self.heads());
        AuditSeal::new(self.chain.clone(), heads, self.clock.clone(), SealPulse::default())
            .pass()
            .await
            .unwrap()
    }

    pub(crate) fn heads_dir(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    pub(crate) fn heads(&self) -> HeadFiles {
        HeadFiles::new(self.heads_dir())
    }

    pub(crate) async fn verify(&self) -> Verification {
        self.verify_over(self.chain.clone()).await
    }

    pub(crate) async fn verify_over(&self, chain: Arc<dyn AuditChain>) -> Verification {
        let verify = AuditVerify::new(chain, Arc::new(self.heads()), self.clock.clone());
        verify.verify().await.unwrap()
    }

    /// That this is what is found, and where.
    pub(crate) async fn finds(&self, kind: FaultKind, position: Option<u64>) {
        let found = self.verify().await;
        let fault = found.fault.as_ref().unwrap_or_else(|| panic!("nothing is found: {found:?}"));
        assert_eq!((fault.kind, fault.position), (kind, position), "{fault:?}");
    }

    pub(crate) async fn is_intact(&self) {
        let found = self.verify().await;
        assert_eq!(found.fault, None);
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        self.database.is_some()
    }

    pub(crate) async fn entries(&self) -> usize {
        self.audit.list(AuditFilter::default(), None, 1000).await.unwrap().len()
    }

    /// As somebody who owns the database, and switches off what would refuse it.
    pub(crate) async fn tamper(&self, sql: &str) {
        let off = if self.is_postgres() {
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL; \
             ALTER TABLE audit_chain DISABLE TRIGGER ALL;"
        } else {
            "DROP TRIGGER IF EXISTS audit_entries_stay; \
             DROP TRIGGER IF EXISTS audit_entries_remain; \
             DROP TRIGGER IF EXISTS audit_entries_are_new; \
             DROP TRIGGER IF EXISTS audit_chain_stays; \
             DROP TRIGGER IF EXISTS audit_chain_remains; \
             DROP TRIGGER IF EXISTS audit_chain_is_new;"
        };
        self.sql(&format!("{off} {sql}")).await.unwrap();
    }

    /// As somebody who has the server's own rights.
    pub(crate) async fn sql(&self, sql: &str) -> Result<(), String> {
        if let Some(database) = &self.database {
            let done = client(&database.name).await.batch_execute(sql).await;
            return done.map_err(|error| format!("{error:?}"));
        }
        let path = self.dir.path().join("jobs.db");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute(&format!("PRAGMA busy_timeout = 5000; {sql}"))
            .map_err(|error| error.to_string())
    }
}

pub(crate) async fn sqlite_jobs(path: &Path) -> SqliteJobs {
    let database = Database::open(path, 4, Duration::from_secs(30)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    SqliteJobs::new(database)
}
