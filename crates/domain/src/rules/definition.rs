//! A rule set as it was written: names found, numbers checked, parameters still open.

use super::kind::Kind;
use super::tree::Group;
use crate::indicator::Field;
use crate::strategy::ParamSchema;

/// A number, or the parameter that stands for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    Literal(f64),
    Param(String),
}

/// A side of a condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Number(Number),
    Field { field: Field, bars_ago: Number },
    Output { indicator: usize, output: usize, bars_ago: Number },
}

/// An indicator under its name; its numbers are those of its kind's members.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) source: Field,
    pub(super) numbers: Vec<Number>,
}

/// Everything that a rule set says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) params: Vec<ParamSchema>,
    pub(super) indicators: Vec<Named>,
    /// In the order of [`GROUPS`].
    pub(super) groups: [Option<Group<Term>>; 4],
    /// In the order of [`RISKS`].
    pub(super) risk: [Option<Number>; 3],
}

/// The top-level groups.
pub(super) const GROUPS: [&str; 4] = ["entry", "exit", "entry_short", "exit_short"];
/// The protective exits.
pub(super) const RISKS: [&str; 3] = ["stop_loss", "take_profit", "trailing_stop"];

impl Named {
    /// The name of an output, as operands write it.
    pub(super) fn output(&self, output: usize) -> String {
        match self.kind.outputs().get(output).copied().unwrap_or_default() {
            "" => self.name.clone(),
            suffix => format!("{}.{suffix}", self.name),
        }
    }
}

impl Number {
    /// The name of the parameter that stands for it.
    pub(super) fn param(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Param(name) => Some(name),
        }
    }
}
