//! Migrations of the embedded database: forth, back and forth again.

use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use tapedeck_domain::port::{MigrationError, Migrations};
use tapedeck_sqlite::{Database, OpenError, SqliteMigrations};

#[derive(QueryableByName, Debug, PartialEq, Eq)]
struct Object {
    #[diesel(sql_type = Text)]
    sql: String,
}

fn schema(path: &Path) -> Vec<Object> {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    diesel::sql_query(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL \
         AND name NOT LIKE '__diesel%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .load(&mut conn)
    .unwrap()
}

fn execute(path: &Path, sql: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    diesel::sql_query(sql).execute(&mut conn).unwrap();
}

async fn open(path: &Path) -> SqliteMigrations {
    SqliteMigrations(Database::open(path, 2, Duration::from_secs(5)).await.unwrap())
}

#[tokio::test]
async fn up_down_and_up_again_ends_in_the_same_schema() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new").join("jobs.db");
    let migrations = open(&path).await;

    let applied = migrations.up().await.unwrap();
    assert!(!applied.is_empty());
    let first = schema(&path);
    assert!(!first.is_empty());
    assert!(migrations.up().await.unwrap().is_empty(), "a second time changes nothing");

    for name in applied.iter().rev() {
        assert_eq!(migrations.down().await.unwrap().as_ref(), Some(name), "one step at a time");
    }
    assert_eq!(migrations.down().await.unwrap(), None);
    assert_eq!(schema(&path), []);

    assert_eq!(migrations.up().await.unwrap(), applied);
    assert_eq!(schema(&path), first);
}

#[tokio::test]
async fn a_schema_newer_than_the_build_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    let migrations = open(&path).await;
    migrations.up().await.unwrap();
    execute(&path, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");

    let before = schema(&path);
    for refused in [migrations.up().await.map(drop), migrations.down().await.map(drop)] {
        match refused {
            Err(MigrationError::Newer { unknown }) => assert_eq!(unknown, ["99990101000000"]),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
    assert_eq!(schema(&path), before);
    assert_eq!(migrations.status().await.unwrap().unknown, ["99990101000000"]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.db");
    std::fs::write(&path, "this is not a database, and long enough to have a header of its own")
        .unwrap();
    match Database::open(&path, 1, Duration::from_secs(5)).await.map(drop) {
        Err(OpenError::Unusable { path: named, .. }) => assert_eq!(named, path),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.join("sub").join("jobs.db");
    match Database::open(&path, 1, Duration::from_secs(5)).await.map(drop) {
        Err(OpenError::Directory { path: named, .. }) => assert_eq!(named, file.join("sub")),
        other => panic!("expected a refusal, got {other:?}"),
    }
}
