//! What the server is.

use serde_json::{Value, json};
use tapedeck_application::{LayerView, SystemView};

use super::resource::limits;

/// The server as clients see it.
pub(crate) fn system(SystemView { about, layers }: &SystemView) -> Value {
    let mut allowed = limits(&about.limits.run);
    allowed["queue"] = json!(about.limits.queue);
    json!({
        "version": about.build.version,
        "build": {"commit": about.build.revision, "architecture": about.build.architecture},
        "engine_version": about.engine_version,
        "role": about.role,
        "sandbox": {"layers": layers.iter().map(layer).collect::<Vec<Value>>()},
        "limits": allowed,
    })
}

fn layer(LayerView { layer, policy, enforced, detail }: &LayerView) -> Value {
    json!({
        "layer": layer.as_str(),
        "policy": policy.as_str(),
        "enforced": enforced,
        "detail": detail,
    })
}
