//! Strategies that users stored, version by version.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::id::StrategyId;
use crate::strategy::{StrategyKind, StrategyRef};
use crate::time::Timestamp;

/// One version of a stored strategy. Versions never change: who names one means the same rules
/// for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredStrategy {
    /// Its name and version.
    pub reference: StrategyRef,
    /// What its definition is.
    pub kind: StrategyKind,
    /// A name for people.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The rules, as they were sent; of a module, its hash and what it says of itself.
    pub definition: Value,
    /// SHA-256 of the definition in canonical form.
    pub content_hash: String,
    /// When this version was stored.
    pub created_at: Timestamp,
}

/// What a version is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyDraft {
    /// What the definition is. A strategy keeps the kind of its first version.
    pub kind: StrategyKind,
    /// A name for people; that of the version before, or the id, when nothing is said.
    pub name: Option<String>,
    /// What it does; as in the version before when nothing is said.
    pub description: Option<String>,
    /// The rules, or what is known of the module.
    pub definition: Value,
}

/// The strategy is not at the version from which the change was made, or its name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the strategy has moved on")]
pub struct VersionConflict;

impl StoredStrategy {
    /// The first version of a new strategy.
    pub fn first(id: StrategyId, draft: StrategyDraft, now: Timestamp) -> Self {
        Self {
            kind: draft.kind,
            name: draft.name.unwrap_or_else(|| id.to_string()),
            description: draft.description.unwrap_or_default(),
            content_hash: content_hash(&draft.definition),
            definition: draft.definition,
            created_at: now,
            reference: StrategyRef { id, version: 1 },
        }
    }

    /// The version after this one; `None` when the draft says what this one says.
    pub fn next(&self, draft: StrategyDraft, now: Timestamp) -> Option<Self> {
        let next = Self {
            reference: StrategyRef {
                id: self.reference.id.clone(),
                version: self.reference.version.saturating_add(1),
            },
            kind: self.kind,
            name: draft.name.unwrap_or_else(|| self.name.clone()),
            description: draft.description.unwrap_or_else(|| self.description.clone()),
            content_hash: content_hash(&draft.definition),
            definition: draft.definition,
            created_at: now,
        };
        (!self.says_the_same(&next)).then_some(next)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let said = |of: &Self| (of.name.clone(), of.description.clone(), of.content_hash.clone());
        said(self) == said(other)
    }
}

fn content_hash(definition: &Value) -> String {
    hex::encode(Sha256::digest(canonical(definition).to_string()))
}

/// Members by name and whole numbers without a fraction, so that documents that mean the same
/// are written alike.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            let members = sorted.into_iter().map(|(name, value)| (name.clone(), canonical(value)));
            Value::Object(members.collect())
        }
        Value::Number(number) => whole(number).map_or_else(|| value.clone(), Value::from),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// Whole numbers up to this one are all that a float can tell apart.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(number: &serde_json::Number) -> Option<i64> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    (float.fract() == 0.0 && float.abs() <= LARGEST_EXACT).then_some(float as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(definition: Value) -> StrategyDraft {
        StrategyDraft { kind: StrategyKind::Rules, name: None, description: None, definition }
    }

    fn first(definition: Value) -> StoredStrategy {
        let now = Timestamp::from_nanos(1);
        StoredStrategy::first("mine".parse().unwrap(), draft(definition), now)
    }

    #[test]
    fn a_new_strategy_is_called_by_its_id_and_starts_at_version_one() {
        let strategy = first(json!({}));
        assert_eq!((strategy.name.as_str(), strategy.reference.version), ("mine", 1));
        assert_eq!(strategy.kind, StrategyKind::Rules);
    }

    #[test]
    fn another_definition_name_or_description_is_another_version() {
        let strategy = first(json!({"a": 1}));
        let changes = [
            draft(json!({"a": 2})),
            StrategyDraft { name: Some("Mine".to_owned()), ..draft(json!({"a": 1})) },
            StrategyDraft { description: Some("So.".to_owned()), ..draft(json!({"a": 1})) },
        ];
        for change in changes {
            let next = strategy.next(change, Timestamp::from_nanos(2)).unwrap();
            assert_eq!((next.reference.version, next.created_at.as_nanos()), (2, 2));
            let same = StrategyDraft {
                kind: StrategyKind::Rules,
                name: Some(next.name.clone()),
                description: Some(next.description.clone()),
                definition: next.definition.clone(),
            };
            assert_eq!(next.next(same, Timestamp::from_nanos(3)), None);
            let kept = next.next(draft(json!([])), Timestamp::from_nanos(3)).unwrap();
            assert_eq!((&kept.name, &kept.description), (&next.name, &next.description));
        }
    }

    #[test]
    fn documents_that_mean_the_same_have_one_hash() {
        let read = |text: &str| first(serde_json::from_str(text).unwrap()).content_hash;
        let same = read(r#"{"a": {"x": 20, "y": [1.5]}, "b": null}"#);
        assert_eq!(read(r#"{"b":null,"a":{"y":[15e-1],"x":2e1}}"#), same);
        for other in
            [r#"{"a": {"x": 20, "y": [1.5]}}"#, r#"{"a": {"x": "20", "y": [1.5]}, "b": null}"#]
        {
            assert_ne!(read(other), same, "{other}");
        }
        assert_ne!(read("[1, 2]"), read("[2, 1]"));
    }
}
