use std::fmt;
use std::str::FromStr;

/// What a key may do. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Look at everything but keys and the audit trail.
    Read,
    /// Submit, cancel and remove runs, and write strategies.
    Run,
    /// Everything.
    Admin,
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: read, run or admin")]
pub struct UnknownScope;

impl Scope {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Run, Self::Admin];

    /// As text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        }
    }

    /// Whether this one is enough where `needed` is.
    pub fn includes(self, needed: Self) -> bool {
        self >= needed
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_includes_those_before_it_and_no_other() {
        for (n, scope) in Scope::ALL.into_iter().enumerate() {
            for (m, needed) in Scope::ALL.into_iter().enumerate() {
                assert_eq!(scope.includes(needed), m <= n, "{scope} for {needed}");
            }
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("Admin".parse::<Scope>(), Err(UnknownScope));
    }
}
