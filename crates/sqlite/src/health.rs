use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
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
        // A file that was deleted under an open connection would still answer.
        if !self.0.path().exists() {
            return Probe::down("the database file is gone");
        }
        match self.0.read(|conn| conn.batch_execute("SELECT 1")).await {
            Ok(()) => Probe::up().with_detail("sqlite"),
            Err(error) => Probe::down(format!("sqlite: {error}")),
        }
    }
}
