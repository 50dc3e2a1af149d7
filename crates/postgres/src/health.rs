use async_trait::async_trait;
use diesel_async::SimpleAsyncConnection as _;
use tapedeck_domain::port::{HealthProbe, Probe};

use crate::Database;

/// Asks the database one question.
pub struct DatabaseProbe(pub Database);

#[async_trait]
impl HealthProbe for DatabaseProbe {
    fn name(&self) -> &'static str {
        "database"
    }

    async fn probe(&self) -> Probe {
        match self.0.run(async |conn| conn.batch_execute("SELECT 1").await).await {
            Ok(()) => Probe::up().with_detail("postgres"),
            Err(error) => Probe::down(format!("postgres: {error}")),
        }
    }
}
