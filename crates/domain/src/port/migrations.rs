use async_trait::async_trait;

/// Brings the schema of a store to a version, and says which one it has.
#[async_trait]
pub trait Migrations: Send + Sync {
    /// Applies all pending migrations, oldest first, and names them. None pending: an empty list.
    async fn up(&self) -> Result<Vec<String>, MigrationError>;

    /// Takes the latest migration back and names it; `None` when none is applied.
    async fn down(&self) -> Result<Option<String>, MigrationError>;

    /// Compares what is applied with what this build knows. Changes nothing.
    async fn status(&self) -> Result<MigrationStatus, MigrationError>;
}

/// What is applied, against what this build knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Applied and known, oldest first.
    pub applied: Vec<String>,
    /// Known and not applied yet, oldest first.
    pub pending: Vec<String>,
    /// Applied and not known: a newer build was here.
    pub unknown: Vec<String>,
}

/// How the version of a migration ends that older builds cannot work with. All others only add
/// what those need not know.
const BREAKING: &str = "breaking";

impl MigrationStatus {
    /// Applied migrations that keep this build from working with the schema.
    pub fn breaking(&self) -> Vec<&str> {
        let unknown = self.unknown.iter().map(String::as_str);
        unknown.filter(|version| version.ends_with(BREAKING)).collect()
    }

    /// Whether a newer build was here and left everything as this one needs it.
    pub fn is_newer_and_usable(&self) -> bool {
        !self.unknown.is_empty() && self.pending.is_empty() && self.breaking().is_empty()
    }
}

/// Why the schema could not be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The store has migrations that this build does not know.
    #[error("the schema is newer than this build: it has {}", unknown.join(", "))]
    Newer {
        /// The versions that are not known.
        unknown: Vec<String>,
    },
    /// The store does not answer.
    #[error("the database cannot be reached")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A migration failed; it was rolled back.
    #[error("a migration failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pending: &[&str], unknown: &[&str]) -> MigrationStatus {
        let owned = |versions: &[&str]| versions.iter().map(|v| (*v).to_owned()).collect();
        let applied = vec!["20260101000000".to_owned()];
        MigrationStatus { applied, pending: owned(pending), unknown: owned(unknown) }
    }

    #[test]
    fn a_newer_schema_is_usable_while_nothing_in_it_breaks_older_builds() {
        assert!(status(&[], &["20270101000000"]).is_newer_and_usable());
        assert!(!status(&[], &[]).is_newer_and_usable(), "it is not newer");
        let lacking = status(&["20260202000000"], &["20270101000000"]);
        assert!(!lacking.is_newer_and_usable(), "it lacks what this build needs");
        let broken = status(&[], &["20270101000000", "20270202000000breaking"]);
        assert!(!broken.is_newer_and_usable());
        assert_eq!(broken.breaking(), ["20270202000000breaking"]);
    }
}
