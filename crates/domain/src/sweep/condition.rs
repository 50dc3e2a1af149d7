use serde::{Deserialize, Serialize};

/// What must hold between parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// One side.
    pub left: Operand,
    /// How they compare.
    pub op: Comparison,
    /// The other side.
    pub right: Operand,
}

/// A side of a constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or the name of a parameter")]
pub enum Operand {
    /// Always the same.
    Number(f64),
    /// The value of a parameter, swept or not.
    Param(String),
}

/// What a row must fulfil to be listed, and to be the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// The key of a statistic; where it has no value, the row does not fulfil it.
    pub metric: String,
    /// How it compares.
    pub op: Comparison,
    /// With what.
    pub value: f64,
}

/// How two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
}

impl Comparison {
    /// Whether `a` compares so with `b`.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::Lt => a < b,
            Self::Lte => a <= b,
            Self::Gt => a > b,
            Self::Gte => a >= b,
            Self::Eq => a == b,
            Self::Ne => a != b,
        }
    }
}
