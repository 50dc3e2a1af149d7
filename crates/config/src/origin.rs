use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// A variable of `.env`.
    Dotenv(String),
    /// A variable of the environment.
    Environment(String),
    /// A file of its own, which a variable names.
    SecretFile {
        /// The variable.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// An option of the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Dotenv(name) => write!(f, ".env {name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::SecretFile { name, path } => write!(f, "file {} ({name})", path.display()),
            Self::CommandLine(option) => write!(f, "command line {option}"),
        }
    }
}
