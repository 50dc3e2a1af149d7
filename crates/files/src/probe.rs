use async_trait::async_trait;
use tapedeck_domain::port::{HealthProbe, Probe, StorageError};

use crate::Objects;

/// Writes an object, reads it back, removes it again, and looks at the room that is left.
pub struct ArtifactProbe(pub Objects);

#[async_trait]
impl HealthProbe for ArtifactProbe {
    fn name(&self) -> &'static str {
        "artifact_store"
    }

    async fn probe(&self) -> Probe {
        match self.look().await {
            Ok(probe) => probe,
            Err(StorageError::Full { what } | StorageError::Corrupt { what }) => Probe::down(what),
            Err(StorageError::Unavailable(source)) => {
                Probe::down(format!("the data directory cannot be used: {}", root(&*source)))
            }
        }
    }
}

impl ArtifactProbe {
    async fn look(&self) -> Result<Probe, StorageError> {
        let usage = self.0.usage().await?;
        usage.room_for(0)?;
        self.0.check_writable().await?;
        let fine = || Probe::up().with_detail(usage.to_string());
        Ok(usage.warning().map_or_else(fine, Probe::degraded))
    }
}

/// What the system said, at the end of the chain.
fn root(error: &(dyn std::error::Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}
