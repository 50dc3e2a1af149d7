use std::collections::BTreeMap;

use serde::Serialize;

/// What rules said of a bar, value by value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The value of each output, by its name (`fast`, `bb.upper`); `None` where it has none.
    pub indicators: BTreeMap<String, Option<f64>>,
    /// Each top-level group that there is, by its name.
    pub rules: BTreeMap<String, RuleTruth>,
}

/// Whether a top-level group held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleTruth {
    /// Whether it held: its conditions say so and everything named in it is defined.
    pub truth: bool,
    /// Whether everything named in it is defined.
    pub defined: bool,
    /// The group by itself.
    pub group: GroupTruth,
}

/// Whether a group held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupTruth {
    /// `all`, `any` or `not`.
    pub kind: &'static str,
    /// Whether its conditions make it hold.
    pub truth: bool,
    /// Whether everything named in it is defined.
    pub defined: bool,
    /// What stands in it.
    pub children: Vec<NodeTruth>,
}

/// Whether a condition or a group held.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum NodeTruth {
    /// A group.
    Group(GroupTruth),
    /// A condition.
    Condition(ConditionTruth),
}

/// Whether a condition held.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionTruth {
    /// The condition in words.
    pub text: String,
    /// How the values are compared.
    pub op: &'static str,
    /// The first value.
    pub left: Option<f64>,
    /// The second value.
    pub right: Option<f64>,
    /// Whether it held.
    pub truth: bool,
    /// Whether both values are defined.
    pub defined: bool,
}

impl NodeTruth {
    /// Whether it held.
    pub const fn truth(&self) -> bool {
        match self {
            Self::Group(group) => group.truth,
            Self::Condition(condition) => condition.truth,
        }
    }

    /// Whether everything named in it is defined.
    pub const fn defined(&self) -> bool {
        match self {
            Self::Group(group) => group.defined,
            Self::Condition(condition) => condition.defined,
        }
    }
}
