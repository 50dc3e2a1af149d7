//! What this server is: its build, its limits, and what is around each run.

use std::sync::Arc;

use tapedeck_domain::isolation::{Layer, LayerPolicy};
use tapedeck_domain::manifest::Build;
use tapedeck_domain::port::{HealthProbe, Isolation, Probe, RunError};

use crate::{LiveLimits, ServerLimits};

/// What this server is.
#[derive(Clone)]
pub struct System {
    about: About,
    limits: LiveLimits,
    isolation: Arc<dyn Isolation>,
}

/// What of a server stays the same while it runs.
#[derive(Debug, Clone)]
pub struct About {
    /// What it was built from.
    pub build: Build,
    /// Of the engine.
    pub engine_version: &'static str,
    /// What the process does.
    pub role: &'static str,
    /// Every setting.
    pub configuration: Arc<[ConfiguredValue]>,
}

/// A setting with its value, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredValue {
    /// Its place in the file.
    pub key: &'static str,
    /// Its name in the environment.
    pub name: String,
    /// Its value, never a secret.
    pub value: String,
    /// Where that came from.
    pub source: String,
}

/// What this server is, at a moment.
#[derive(Debug, Clone)]
pub struct SystemView {
    /// What stays the same.
    pub about: About,
    /// What it allows at most, at this moment.
    pub limits: ServerLimits,
    /// What is around each run: each layer once, in the order in which they are put on.
    pub layers: Vec<LayerView>,
}

/// A layer, what is asked of it and what came of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerView {
    /// Which one.
    pub layer: Layer,
    /// What is to happen where it cannot be put on.
    pub policy: LayerPolicy,
    /// Whether it holds.
    pub enforced: bool,
    /// How, or why not.
    pub detail: String,
}

impl System {
    /// Asks `isolation` what is around each run.
    pub fn new(about: About, limits: LiveLimits, isolation: Arc<dyn Isolation>) -> Self {
        Self { about, limits, isolation }
    }

    /// What it is now. Where no run could start, no layer is said to hold, and why is.
    pub async fn look(&self) -> SystemView {
        let isolation = self.isolation.as_ref();
        let layers = match layers_around_runs(isolation).await {
            Ok(layers) => layers,
            Err(error) => none(isolation, &error),
        };
        SystemView { about: self.about.clone(), limits: self.limits.now(), layers }
    }
}

/// What a run of this moment would have around it.
///
/// # Errors
/// No run could start.
pub async fn layers_around_runs(isolation: &dyn Isolation) -> Result<Vec<LayerView>, RunError> {
    let reports = isolation.layers().await?;
    let policy = isolation.policy();
    let view = |layer| {
        let report = reports.iter().find(|report| report.layer == layer);
        LayerView {
            layer,
            policy: policy.of(layer),
            enforced: report.is_some_and(|report| report.enforced),
            detail: report.map_or_else(|| "nothing is known".to_owned(), |r| r.detail.clone()),
        }
    };
    Ok(Layer::ALL.into_iter().map(view).collect())
}

fn none(isolation: &dyn Isolation, error: &RunError) -> Vec<LayerView> {
    let policy = isolation.policy();
    let view = |layer| LayerView {
        layer,
        policy: policy.of(layer),
        enforced: false,
        detail: format!("no run can start: {error}"),
    };
    Layer::ALL.into_iter().map(view).collect()
}

/// Whether runs can start with all that is required around them.
pub struct SandboxProbe(pub Arc<dyn Isolation>);

#[async_trait::async_trait]
impl HealthProbe for SandboxProbe {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    async fn probe(&self) -> Probe {
        match layers_around_runs(self.0.as_ref()).await {
            Ok(layers) => judge(&layers),
            Err(error) => Probe::down(format!("no run can start: {error}")),
        }
    }
}

fn judge(layers: &[LayerView]) -> Probe {
    let missing = |policy| {
        layers.iter().filter(move |view| !view.enforced && view.policy == policy).map(named)
    };
    let required: Vec<String> = missing(LayerPolicy::Required).collect();
    if let [first, ..] = required.as_slice() {
        let setting = first.split(' ').next().unwrap_or_default();
        return Probe::down(format!(
            "no run can start without {}; give the server what is missing, or set \
             sandbox.{setting} to preferred to do without",
            required.join("; without "),
        ));
    }
    let preferred: Vec<String> = missing(LayerPolicy::Preferred).collect();
    if preferred.is_empty() {
        return Probe::up();
    }
    Probe::degraded(format!("runs go without {}", preferred.join("; without ")))
}

fn named(view: &LayerView) -> String {
    format!("{} ({})", view.layer.as_str(), view.detail)
}
