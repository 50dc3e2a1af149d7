use async_trait::async_trait;
use tapedeck_domain::port::{HealthProbe, Probe};

use crate::Objects;

/// Writes an object and removes it again.
pub struct ArtifactProbe(pub Objects);

#[async_trait]
impl HealthProbe for ArtifactProbe {
    fn name(&self) -> &'static str {
        "artifact_store"
    }

    async fn probe(&self) -> Probe {
        match self.0.check_writable().await {
            Ok(()) => Probe::up(),
            Err(_) => Probe::down("the data directory cannot be written"),
        }
    }
}
