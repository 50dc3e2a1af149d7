use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tapedeck_domain::port::{Override, OverrideChange, OverrideStore, StorageError};
use tapedeck_sql::overrides::OverrideRow;
use tapedeck_sql::schema::overrides;

use super::{SqliteJobs, audit};
use crate::fault::Fault;

#[async_trait]
impl OverrideStore for SqliteJobs {
    async fn all(&self) -> Result<Vec<Override>, StorageError> {
        let all = |conn: &mut SqliteConnection| -> Result<Vec<OverrideRow>, Fault> {
            Ok(overrides::table.order(overrides::key).load(conn)?)
        };
        let rows = self.database.read(all).await?;
        rows.into_iter().map(Override::try_from).collect()
    }

    async fn change(&self, change: OverrideChange) -> Result<bool, StorageError> {
        Ok(self.database.write(move |conn| apply(conn, &change)).await?)
    }
}

fn apply(conn: &mut SqliteConnection, change: &OverrideChange) -> Result<bool, Fault> {
    let expected = change.expected.as_ref().map(ToString::to_string).unwrap_or_default();
    let held = overrides::table.find(&change.key).filter(overrides::value.eq(expected));
    let changed = match (&change.expected, &change.next) {
        (None, None) => 0,
        (None, Some(next)) => diesel::insert_or_ignore_into(overrides::table)
            .values(OverrideRow::from(next))
            .execute(conn)?,
        (Some(_), Some(next)) => diesel::update(held).set(OverrideRow::from(next)).execute(conn)?,
        (Some(_), None) => diesel::delete(held).execute(conn)?,
    };
    if changed > 0 {
        audit(conn, std::iter::once(&change.audit))?;
    }
    Ok(changed > 0)
}
