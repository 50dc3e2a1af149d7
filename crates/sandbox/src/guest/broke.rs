//! Why a guest ended before its time.

use std::fmt::{Display, Formatter, Result};

use tapedeck_domain::job::Exceeded;
use wasmtime::{Error, Trap, WasmBacktrace};

/// Why a guest ended before its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broke {
    /// The run was told to stop.
    Stopped,
    /// It took longer than it may before the first bar.
    Overdue,
    /// It hit a limit of the run.
    Limit(Exceeded),
    /// It failed, or broke a rule of the interface: a sentence for its author.
    Fault(String),
}

impl Broke {
    /// With the place where it happened, in words that follow "trap".
    pub(super) fn at(self, place: &str) -> Self {
        match self {
            Self::Fault(what) => Self::Fault(format!("trap {place}: {what}")),
            Self::Overdue => Self::Fault(format!("trap {place}: it took longer than a second")),
            Self::Stopped | Self::Limit(_) => self,
        }
    }
}

impl Display for Broke {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Stopped => out.write_str("the run was stopped"),
            Self::Overdue => out.write_str("it took longer than a second"),
            Self::Limit(Exceeded { kind, limit, .. }) => {
                write!(out, "it exceeded {} = {limit}", kind.as_str())
            }
            Self::Fault(what) => out.write_str(what),
        }
    }
}

impl std::error::Error for Broke {}

impl From<Error> for Broke {
    fn from(error: Error) -> Self {
        if let Some(broke) = error.downcast_ref::<Self>() {
            return broke.clone();
        }
        let what = match error.downcast_ref::<Trap>() {
            Some(trap) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
            None => error.root_cause().to_string(),
        };
        Self::Fault(match function(&error) {
            Some(function) => format!("{what} in {function}"),
            None => what,
        })
    }
}

/// The function that it happened in.
fn function(error: &Error) -> Option<String> {
    let frame = error.downcast_ref::<WasmBacktrace>()?.frames().first()?;
    Some(match frame.func_name() {
        Some(name) => format!("`{}`", super::log::cut(name, 200)),
        None => format!("function {}", frame.func_index()),
    })
}

/// A sentence about a rule of the interface that was broken.
pub(super) fn fault(what: impl Into<String>) -> Error {
    Error::new(Broke::Fault(what.into()))
}
