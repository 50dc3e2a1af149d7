//! Feature flags: every one that there is, declared once.

/// A feature flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The endpoint for assistants.
    AiAssistant,
    /// Tighter limits for new runs.
    TightLimits,
    /// The execution envelope among the results.
    ExecutionEnvelope,
}

/// What a flag is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagKind {
    /// Something that assistants use.
    Ai,
    /// How much may be used.
    Limits,
    /// Something that may change or go.
    Experimental,
}

/// What is declared of a flag.
#[derive(Debug, Clone, Copy)]
pub struct FlagDeclaration {
    /// Its name in the API, in the configuration and for providers.
    pub key: &'static str,
    /// What it is about.
    pub kind: FlagKind,
    /// Its value where nobody says anything.
    pub default: bool,
    /// The part of the server that looks at it.
    pub owner: &'static str,
    /// What it does, for whoever may change it.
    pub description: &'static str,
}

impl Flag {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 3] = [Self::AiAssistant, Self::ExecutionEnvelope, Self::TightLimits];

    /// What is declared of it. A flag is a line here, a line in the table of settings and whoever
    /// asks for it.
    pub const fn declaration(self) -> FlagDeclaration {
        match self {
            Self::AiAssistant => FlagDeclaration {
                key: "ai_assistant",
                kind: FlagKind::Ai,
                default: false,
                owner: "http",
                description: "Serve the endpoint for assistants.",
            },
            Self::ExecutionEnvelope => FlagDeclaration {
                key: "execution_envelope",
                kind: FlagKind::Experimental,
                default: true,
                owner: "http",
                description: "Show in results how they would be under other assumptions about the \
                              way of prices inside bars.",
            },
            Self::TightLimits => FlagDeclaration {
                key: "tight_limits",
                kind: FlagKind::Limits,
                default: false,
                owner: "application",
                description: "Give new runs at most a quarter of what the server's limits allow.",
            },
        }
    }

    /// Its name.
    pub const fn key(self) -> &'static str {
        self.declaration().key
    }

    /// The flag of this name.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.key() == key)
    }
}

impl FlagKind {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Limits => "limits",
            Self::Experimental => "experimental",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_found_by_keys_that_are_in_order_and_differ() {
        assert!(Flag::ALL.map(Flag::key).is_sorted_by(|one, next| one < next));
        for flag in Flag::ALL {
            assert_eq!(Flag::of_key(flag.key()), Some(flag));
        }
        assert_eq!(Flag::of_key("no_such_flag"), None);
    }
}
