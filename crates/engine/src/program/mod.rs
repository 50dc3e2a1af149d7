//! Rules compiled to a flat program over columns.
//!
//! A program looks at whole blocks of bars. First each pair of values that the rules compare is
//! related bar by bar (above, below, tied, or not defined: one byte), then the relations are
//! watched for crosses, and at last groups join bytes. Nothing is looked up by name, and nothing
//! is allocated, once a program stands.

mod compile;
mod evaluation;
mod explain;
mod feed;
mod kernel;
mod over;
mod streaming;

use std::ops::Range;

use tapedeck_domain::bars::BarView;
use tapedeck_domain::indicator::Indicator;
use tapedeck_domain::rules::{Operand, Resolved};

pub use explain::explain;
pub use over::Over;
pub use streaming::Streaming;

/// What rules say of each bar, whatever the position is.
pub trait Signals {
    /// Writes the flags of bars `range`, which follow those of the last call; `out` is as long.
    /// Reads no bar after the one that it writes for.
    fn block(&mut self, bars: BarView<'_>, range: Range<usize>, out: &mut [u8]);
}

/// The flags of a bar.
pub mod flag {
    /// A long position is to be opened.
    pub const ENTRY: u8 = 1;
    /// A long position is to be closed.
    pub const EXIT: u8 = 2;
    /// A short position is to be opened.
    pub const ENTRY_SHORT: u8 = 4;
    /// A short position is to be closed.
    pub const EXIT_SHORT: u8 = 8;
}

/// Bars that are looked at together.
pub const BLOCK: usize = 1024;

/// Compiled rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Those that the rules name, each once. Operands refer to these.
    indicators: Vec<Indicator>,
    /// How many bars back each of them is looked at.
    history: Vec<usize>,
    pairs: Vec<Pair>,
    /// Pairs that are watched for crosses.
    crosses: Vec<usize>,
    groups: Vec<Code>,
}

/// Two values that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pair {
    left: Operand,
    right: Operand,
}

/// A group, step by step over a stack of bytes.
#[derive(Debug, Clone, PartialEq)]
struct Code {
    flag: u8,
    steps: Vec<Step>,
    /// Pairs that must be defined, where the steps do not ask for it themselves.
    defined: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Pushes whether a pair is related in one of the ways of `mask`.
    Relation { pair: usize, mask: u8 },
    /// Pushes whether one of the crosses of `mask` happened.
    Cross { cross: usize, mask: u8 },
    /// Joins the two on top.
    And,
    /// Joins the two on top.
    Or,
    /// Turns the one on top.
    Not,
}

impl Program {
    /// Compiles rules.
    pub fn compile(rules: &Resolved) -> Self {
        compile::compile(rules)
    }

    /// The indicators that the rules need, each once.
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators
    }

    /// The signals, from indicators that are computed on the way.
    pub fn streaming(self) -> Streaming {
        Streaming::new(self)
    }

    /// The signals, from indicators that were computed before: one column over all bars for each
    /// output of each of [`Self::indicators`], in their order.
    pub fn over<'a>(&'a self, columns: &'a [&'a [f64]]) -> Over<'a> {
        Over::new(self, columns)
    }
}
