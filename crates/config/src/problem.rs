use std::fmt;

/// One value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The name under which the value was given.
    pub name: String,
    /// The value, or `[secret]`.
    pub value: String,
    /// What would be accepted, or why this is not.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:?}: expected {}", self.name, self.value, self.expected)
    }
}

/// All values that cannot be used, found in one pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        writeln!(f, "invalid configuration, {count} {noun}:")?;
        self.0.iter().try_for_each(|problem| writeln!(f, "  {problem}"))
    }
}
