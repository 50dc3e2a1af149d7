use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::port::{Maintenance, StorageError};

use crate::Database;
use crate::fault::Fault;

/// Keeps the embedded database quick.
pub struct SqliteMaintenance(pub Database);

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    quick_check: String,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[async_trait]
impl Maintenance for SqliteMaintenance {
    async fn maintain(&self) -> Result<Vec<String>, StorageError> {
        let checked = self.0.read(check).await?;
        let optimized = self.0.write(optimize).await?;
        // Outside a transaction, where SQLite does not do it.
        let checkpointed = self.0.bare(checkpoint).await?;
        Ok(vec![checked, optimized, checkpointed])
    }
}

fn check(conn: &mut SqliteConnection) -> Result<String, Fault> {
    let findings: Vec<Finding> = diesel::sql_query("PRAGMA quick_check(1)").load(conn)?;
    match findings.into_iter().find(|finding| finding.quick_check != "ok") {
        Some(damage) => Err(StorageError::corrupt(damage.quick_check).into()),
        None => Ok("quick check: ok".to_owned()),
    }
}

fn optimize(conn: &mut SqliteConnection) -> Result<String, Fault> {
    diesel::sql_query("PRAGMA optimize").execute(conn)?;
    let size = "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size";
    let size: Size = diesel::sql_query(size).get_result(conn)?;
    Ok(format!("optimized, {} KiB", size.bytes / 1024))
}

fn checkpoint(conn: &mut SqliteConnection) -> Result<String, Fault> {
    let done: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(conn)?;
    let rest = if done.busy > 0 { ", others were at it" } else { "" };
    Ok(format!("write-ahead log: {} of {} pages written{rest}", done.checkpointed, done.log))
}
