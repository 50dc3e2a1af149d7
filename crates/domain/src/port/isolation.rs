use async_trait::async_trait;

use super::RunError;
use crate::isolation::{IsolationPolicy, LayerReport};

/// Knows what is around each run.
#[async_trait]
pub trait Isolation: Send + Sync {
    /// What is asked for.
    fn policy(&self) -> IsolationPolicy;

    /// What a run of this moment would have around it: each layer once.
    async fn layers(&self) -> Result<Vec<LayerReport>, RunError>;
}
