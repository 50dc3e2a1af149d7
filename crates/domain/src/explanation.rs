//! What a strategy saw and concluded at one bar.

/// What a strategy saw at the close of a bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Indicators by name, `name.output` where there are several outputs; none until warm.
    pub indicators: Vec<(String, Option<f64>)>,
    /// Its rules, such as entry and exit.
    pub rules: Vec<RuleTruth>,
}

/// Whether a rule held, with the parts that it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleTruth {
    /// The rule in words, or the group that it is.
    pub name: String,
    /// Whether it held.
    pub truth: bool,
    /// Whether everything that it names had a value.
    pub defined: bool,
    /// The conditions of a group.
    pub children: Vec<RuleTruth>,
}
