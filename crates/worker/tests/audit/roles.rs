//! The roles of `deploy/postgres-roles.sql`.

use std::sync::Arc;

use serde_json::json;
use tapedeck_application::{AuditSeal, AuditVerify, SealPulse};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::port::{Clock as _, Migrations as _, Pause, QueueControl as _};
use tapedeck_files::HeadFiles;
use tapedeck_postgres::{Database, PostgresJobs, PostgresMigrations};
use tapedeck_testkit::FakeClock;
use tokio_postgres::{Client, NoTls};

use crate::support::{TestDatabase, client, options, unique};

const SCRIPT: &str = include_str!("../../../../deploy/postgres-roles.sql");

/// The URL of the database as somebody else.
fn url_as(database: &TestDatabase, role: &str) -> String {
    let url = database.url();
    let (_, place) = url.rsplit_once('@').unwrap();
    format!("postgres://{role}:test@{place}")
}

async fn client_as(database: &TestDatabase, role: &str) -> Client {
    let (client, driver) = tokio_postgres::connect(&url_as(database, role), NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_works_as_a_role_that_can_only_add_to_the_trail() {
    let database = TestDatabase::empty().await;
    let (owner, app) = (format!("o_{}", unique().simple()), format!("a_{}", unique().simple()));
    let script = SCRIPT.replace("tapedeck_owner", &owner).replace("tapedeck_app", &app);
    let admin = client(&database.name).await;
    admin.batch_execute(&script).await.unwrap();
    let passwords = format!("ALTER ROLE {owner} PASSWORD 'test'; ALTER ROLE {app} PASSWORD 'test'");
    admin.batch_execute(&passwords).await.unwrap();
    let as_owner = Database::open(&url_as(&database, &owner), options(2)).await.unwrap();
    PostgresMigrations(as_owner).up().await.unwrap();
    admin.batch_execute(&script).await.unwrap();

    let as_app = Database::open(&url_as(&database, &app), options(4)).await.unwrap();
    let jobs = Arc::new(PostgresJobs::new(as_app, unique()));
    let clock = Arc::new(FakeClock::default());
    let (at, by) = (clock.now(), Actor::command_line());
    let entry = AuditEntry {
        at,
        actor: by.clone(),
        action: "queue.pause".to_owned(),
        subject: "queue".to_owned(),
        request_id: None,
        before: None,
        after: Some(json!({"paused": true})),
    };
    let pause = Pause { at, by, request_id: None, reason: None };
    assert!(jobs.set_pause(Some(pause), entry).await.unwrap());
    let dir = tempfile::tempdir().unwrap();
    let heads = Arc::new(HeadFiles::new(dir.path().join("audit")));
    let sealed = AuditSeal::new(jobs.clone(), heads.clone(), clock.clone(), SealPulse::default())
        .pass()
        .await
        .unwrap();
    assert_eq!(sealed, 1);
    let found = AuditVerify::new(jobs, heads, clock).verify().await.unwrap();
    assert!(found.is_intact() && found.entries == 1, "{found:?}");

    for role in [&owner, &app] {
        let client = client_as(&database, role).await;
        for table in ["audit_entries", "audit_chain"] {
            for change in [
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table}"),
                format!(
                    "UPDATE {table} SET {} = NULL",
                    match table {
                        "audit_entries" => "before",
                        _ => "hash",
                    }
                ),
            ] {
                let error = client.batch_execute(&change).await.expect_err(&change);
                let refused = error.as_db_error().unwrap();
                assert_eq!(refused.code().code(), "42501", "{change} as {role}: {refused}");
            }
        }
    }
    let app = client_as(&database, &app).await;
    let off = app.batch_execute("ALTER TABLE audit_entries DISABLE TRIGGER ALL").await;
    off.expect_err("it does not own the table");
}
