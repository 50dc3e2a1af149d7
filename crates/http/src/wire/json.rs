//! Bodies: what is JSON, and what is JSON of the right shape.

use serde::de::DeserializeOwned;
use tapedeck_application::{FaultCode, FieldFault};

/// Why a body is not a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not JSON, or not UTF-8.
    NotJson(String),
    /// It is JSON of another shape, or its values are out of range.
    Invalid(Vec<FieldFault>),
    /// It names a dataset that cannot exist.
    DatasetNotFound,
    /// It names a strategy that cannot exist.
    StrategyNotFound,
}

/// Reads JSON of a shape, telling text that is no JSON from JSON of another shape.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = std::str::from_utf8(body).map_err(|_| Refusal::NotJson("not UTF-8".to_owned()))?;
    let mut reader = serde_json::Deserializer::from_str(body);
    let parsed = serde_path_to_error::deserialize(&mut reader);
    // Trailing text and broken syntax after the first fault are found by a second look.
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(body) {
        return Err(Refusal::NotJson(error.to_string()));
    }
    parsed.map_err(|error| {
        let pointer = pointer(error.path());
        let text = error.inner().to_string();
        // serde_json ends with the place in the text, which the pointer says better.
        let detail = text.split(" at line ").next().unwrap_or_default().to_owned();
        if detail.starts_with("recursion limit") {
            let detail = "nested too deep: JSON of more than 127 levels is not read".to_owned();
            return Refusal::Invalid(vec![FieldFault { pointer, code: FaultCode::Range, detail }]);
        }
        let code = if detail.starts_with("unknown field") {
            FaultCode::Unknown
        } else if detail.starts_with("missing field") {
            FaultCode::Missing
        } else {
            FaultCode::Type
        };
        Refusal::Invalid(vec![FieldFault { pointer, code, detail }])
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { variant } => Some(format!("/{variant}")),
            Segment::Unknown => None,
        })
        .collect()
}
