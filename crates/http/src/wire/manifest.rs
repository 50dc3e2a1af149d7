//! The manifest of a run and the specification in it.

use serde_json::{Value, json};
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::spec::Specification;

/// Everything that is needed to repeat a run.
pub(crate) fn manifest(manifest: &Manifest) -> Value {
    let mut wire = json!(manifest);
    wire["created_at"] = json!(manifest.created_at.to_string());
    wire["specification"] = specification(&manifest.specification);
    wire
}

/// Everything that determines the result of a run.
pub(crate) fn specification(spec: &Specification) -> Value {
    let mut wire = json!(spec);
    wire["from"] = json!(spec.from.to_string());
    wire["to"] = json!(spec.to.to_string());
    wire
}
