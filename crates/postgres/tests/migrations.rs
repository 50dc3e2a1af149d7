//! Migrations of a database on a server: forth, back and forth again.

mod support;

use support::{TestDatabase, client};
use tapedeck_domain::port::{MigrationError, Migrations};
use tapedeck_postgres::PostgresMigrations;

/// Every column, index, foreign key, trigger and function, as the server describes them.
async fn schema(database: &TestDatabase) -> Vec<String> {
    let client = client(&database.name).await;
    let sql = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable) AS line \
               FROM information_schema.columns \
               WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' \
               UNION ALL SELECT indexdef FROM pg_indexes \
               WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%' \
               UNION ALL SELECT concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) \
               FROM pg_constraint WHERE contype = 'f' \
               UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
               UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc \
               WHERE pronamespace = 'public'::regnamespace ORDER BY line";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn up_down_and_up_again_ends_in_the_same_schema() {
    let database = TestDatabase::empty().await;
    let migrations = PostgresMigrations(database.open(2).await);
    assert_eq!(migrations.status().await.unwrap().applied, [""; 0]);

    let applied = migrations.up().await.unwrap();
    assert!(!applied.is_empty());
    let first = schema(&database).await;
    assert!(!first.is_empty());
    assert!(migrations.up().await.unwrap().is_empty(), "a second time changes nothing");

    for name in applied.iter().rev() {
        assert_eq!(migrations.down().await.unwrap().as_ref(), Some(name), "one step at a time");
    }
    assert_eq!(migrations.down().await.unwrap(), None);
    assert_eq!(schema(&database).await, [""; 0]);

    assert_eq!(migrations.up().await.unwrap(), applied);
    assert_eq!(schema(&database).await, first);
}

#[tokio::test]
async fn a_schema_newer_than_the_build_is_refused_and_left_alone() {
    let database = TestDatabase::migrated().await;
    let migrations = PostgresMigrations(database.open(2).await);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')";
    client(&database.name).await.batch_execute(newer).await.unwrap();

    let before = schema(&database).await;
    for refused in [migrations.up().await.map(drop), migrations.down().await.map(drop)] {
        match refused {
            Err(MigrationError::Newer { unknown }) => assert_eq!(unknown, ["99990101000000"]),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
    assert_eq!(schema(&database).await, before);
    assert_eq!(migrations.status().await.unwrap().unknown, ["99990101000000"]);
}

#[tokio::test]
async fn of_migrators_at_the_same_time_one_does_the_work() {
    let database = TestDatabase::empty().await;
    let pool = database.open(1).await;
    let migrators = (0..8).map(|_| {
        let migrations = PostgresMigrations(pool.clone());
        tokio::spawn(async move { migrations.up().await.unwrap().len() })
    });
    let counts = futures_util::future::join_all(migrators.collect::<Vec<_>>()).await;
    let busy = counts.into_iter().filter(|count| *count.as_ref().unwrap() > 0).count();
    assert_eq!(busy, 1);
}
