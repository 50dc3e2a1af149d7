use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use tapedeck_domain::port::{Override, OverrideChange, OverrideStore, StorageError};
use tapedeck_sql::overrides::OverrideRow;
use tapedeck_sql::schema::overrides;

use super::{PostgresJobs, audit};
use crate::fault::Fault;

#[async_trait]
impl OverrideStore for PostgresJobs {
    async fn all(&self) -> Result<Vec<Override>, StorageError> {
        let query = overrides::table.order(overrides::key);
        let rows = self.database.run(async |conn| query.load(conn).await);
        let rows: Vec<OverrideRow> = rows.await.map_err(Fault::from)?;
        rows.into_iter().map(Override::try_from).collect()
    }

    async fn change(&self, change: OverrideChange) -> Result<bool, StorageError> {
        let set = async |conn: &mut AsyncPgConnection| {
            conn.transaction(async |conn| apply(conn, &change).await).await
        };
        Ok(self.database.run(set).await?)
    }
}

async fn apply(conn: &mut AsyncPgConnection, change: &OverrideChange) -> Result<bool, Fault> {
    let expected = change.expected.as_ref().map(ToString::to_string).unwrap_or_default();
    let held = overrides::table.find(&change.key).filter(overrides::value.eq(expected));
    let changed = match (&change.expected, &change.next) {
        (None, None) => 0,
        (None, Some(next)) => {
            diesel::insert_into(overrides::table)
                .values(OverrideRow::from(next))
                .on_conflict_do_nothing()
                .execute(conn)
                .await?
        }
        (Some(_), Some(next)) => {
            diesel::update(held).set(OverrideRow::from(next)).execute(conn).await?
        }
        (Some(_), None) => diesel::delete(held).execute(conn).await?,
    };
    if changed > 0 {
        audit(conn, std::iter::once(&change.audit)).await?;
    }
    Ok(changed > 0)
}
