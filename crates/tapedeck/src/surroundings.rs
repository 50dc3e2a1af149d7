//! Says once, at the start, what is around runs.

use std::sync::Arc;

use tapedeck_application::{LayerView, layers_around_runs};
use tapedeck_domain::isolation::LayerPolicy;
use tapedeck_domain::port::Isolation;

/// A line for each layer: a warning for one that is missing, an error where no run starts then.
pub(crate) async fn log(isolation: Arc<dyn Isolation>) {
    match layers_around_runs(isolation.as_ref()).await {
        Ok(layers) => layers.iter().for_each(line),
        Err(error) => tracing::error!(%error, "no run can start"),
    }
}

fn line(LayerView { layer, policy, enforced, detail }: &LayerView) {
    let layer = layer.as_str();
    match (enforced, policy) {
        (true, _) => tracing::info!(layer, detail, "a layer of the sandbox is there"),
        (false, LayerPolicy::Preferred) => {
            tracing::warn!(layer, detail, "runs go without a layer of the sandbox");
        }
        (false, LayerPolicy::Required) => {
            tracing::error!(layer, detail, "no run can start without a layer of the sandbox");
        }
    }
}
