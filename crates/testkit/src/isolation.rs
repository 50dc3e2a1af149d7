//! What is around runs, as a test says.

use async_trait::async_trait;
use tapedeck_domain::isolation::{IsolationPolicy, Layer, LayerPolicy, LayerReport};
use tapedeck_domain::port::{Isolation, RunError};

/// Reports layers that a test made up.
pub struct ScriptedIsolation {
    policy: IsolationPolicy,
    layers: Result<Vec<LayerReport>, String>,
}

impl ScriptedIsolation {
    /// All layers hold, and this is asked of each.
    pub fn whole(policy: LayerPolicy) -> Self {
        let report =
            |layer| LayerReport { layer, enforced: true, detail: "as the test says".to_owned() };
        let policy = IsolationPolicy::same(policy);
        Self { policy, layers: Ok(Layer::ALL.into_iter().map(report).collect()) }
    }

    /// The same, and that layer does not hold.
    #[must_use]
    pub fn without(mut self, layer: Layer, why: &str) -> Self {
        if let Ok(layers) = &mut self.layers {
            let mut of_layer = layers.iter_mut().filter(|report| report.layer == layer);
            let report = of_layer.next().unwrap();
            (report.enforced, report.detail) = (false, why.to_owned());
        }
        self
    }

    /// No run can start at all.
    #[must_use]
    pub fn broken(mut self, why: &str) -> Self {
        self.layers = Err(why.to_owned());
        self
    }
}

#[async_trait]
impl Isolation for ScriptedIsolation {
    fn policy(&self) -> IsolationPolicy {
        self.policy
    }

    async fn layers(&self) -> Result<Vec<LayerReport>, RunError> {
        self.layers.clone().map_err(|why| RunError::Internal(why.into()))
    }
}
