use async_trait::async_trait;
use tapedeck_domain::port::{HealthProbe, Probe, StorageError};

use crate::Objects;

/// Writes an object and removes it again, and looks at the room that is left.
pub struct ArtifactProbe(pub Objects);

#[async_trait]
impl HealthProbe for ArtifactProbe {
    fn name(&self) -> &'static str {
        "artifact_store"
    }

    async fn probe(&self) -> Probe {
        match self.look().await {
            Ok(found) => Probe::up().with_detail(found),
            Err(StorageError::Full { what }) => Probe::down(what),
            Err(StorageError::Unavailable(_) | StorageError::Corrupt { .. }) => {
                Probe::down("the data directory cannot be written")
            }
        }
    }
}

impl ArtifactProbe {
    async fn look(&self) -> Result<String, StorageError> {
        let usage = self.0.usage().await?;
        usage.room_for(0)?;
        self.0.check_writable().await?;
        Ok(usage.warning().unwrap_or_else(|| usage.to_string()))
    }
}
