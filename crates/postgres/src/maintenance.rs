use async_trait::async_trait;
use diesel::result::Error as DieselError;
use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use tapedeck_domain::port::{Maintenance, StorageError};

use crate::Database;
use crate::fault::Fault;

/// Keeps a database on a server quick; cleaning up is what the server does by itself.
pub struct PostgresMaintenance(pub Database);

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// Those of this schema that may be analyzed by this user, quoted where they must be.
const TABLES: &str = "SELECT quote_ident(tablename) AS name FROM pg_tables \
                      WHERE schemaname = current_schema() AND tableowner = current_user \
                      ORDER BY tablename";

#[async_trait]
impl Maintenance for PostgresMaintenance {
    /// One table at a time, so that each has the time of a statement.
    async fn maintain(&self) -> Result<Vec<String>, StorageError> {
        let tables: Result<Vec<Table>, _> =
            self.0.run(async |conn| sql_query(TABLES).load(conn).await).await;
        let tables = tables.map_err(Fault::from)?;
        for table in &tables {
            let analyze = format!("ANALYZE {}", table.name);
            let analyzed = self.0.run(async |conn| conn.batch_execute(&analyze).await).await;
            analyzed.map_err(Fault::from)?;
        }
        let size = self.0.run(async |conn| size(conn).await).await.map_err(Fault::from)?;
        Ok(vec![format!("analyzed {} tables", tables.len()), format!("{} KiB", size / 1024)])
    }
}

async fn size(conn: &mut AsyncPgConnection) -> Result<i64, DieselError> {
    let size: Size =
        sql_query("SELECT pg_database_size(current_database()) AS bytes").get_result(conn).await?;
    Ok(size.bytes)
}
