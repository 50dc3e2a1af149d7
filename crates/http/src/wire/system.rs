//! What the server is.

use serde_json::{Value, json};
use tapedeck_application::{ConfiguredValue, LayerView, SystemView};

use super::resource::limits;

/// The server as clients see it.
pub(crate) fn system(SystemView { about, limits: allowed_now, layers }: &SystemView) -> Value {
    let mut allowed = limits(&allowed_now.run);
    allowed["queue"] = json!(allowed_now.queue);
    json!({
        "version": about.build.version,
        "build": {"commit": about.build.revision, "architecture": about.build.architecture},
        "engine_version": about.engine_version,
        "role": about.role,
        "sandbox": {"layers": layers.iter().map(layer).collect::<Vec<Value>>()},
        "limits": allowed,
        "configuration": about.configuration.iter().map(configured).collect::<Vec<Value>>(),
    })
}

fn configured(ConfiguredValue { key, name, value, source }: &ConfiguredValue) -> Value {
    json!({"key": key, "name": name, "value": value, "source": source})
}

fn layer(LayerView { layer, policy, enforced, detail }: &LayerView) -> Value {
    json!({
        "layer": layer.as_str(),
        "policy": policy.as_str(),
        "enforced": enforced,
        "detail": detail,
    })
}
