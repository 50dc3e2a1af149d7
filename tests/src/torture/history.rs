//! What clients were told, written down independently of the server, and never changed.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// What a job is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named like the resources")]
pub enum Kind {
    Backtest,
    Sweep,
}

impl Kind {
    /// The path of its collection.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Backtest => "/api/v1/backtests",
            Self::Sweep => "/api/v1/sweeps",
        }
    }
}

/// Something that a client was told, or was not told.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// A submission was acknowledged.
    Submitted(Submitted),
    /// A submission without a key is on its way: from now on it may have made a job.
    Sent {
        /// Of which kind.
        kind: Kind,
    },
    /// A wish for the end was acknowledged, with the state that came with it.
    Cancelled {
        /// Of this job.
        id: String,
        /// Its state then.
        status: String,
    },
    /// A final state was seen.
    Ended {
        /// Of this job.
        id: String,
        /// Which.
        status: String,
    },
    /// A promise was broken before a client's eyes.
    Violation(String),
}

/// An acknowledged submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// Of which kind.
    pub kind: Kind,
    /// With this key.
    pub key: Option<String>,
    /// What was asked for.
    pub body: Value,
    /// The job that it made, or found.
    pub id: String,
}

/// The facts in their order, in memory and as lines of JSON on disk.
pub struct History {
    facts: Mutex<Vec<Fact>>,
    file: Mutex<File>,
}

impl History {
    /// An empty one.
    pub fn new(path: &Path) -> Self {
        let file = File::options().create_new(true).append(true).open(path).unwrap();
        Self { facts: Mutex::default(), file: Mutex::new(file) }
    }

    /// Adds a fact.
    pub fn add(&self, fact: Fact) {
        let line = format!("{}\n", line(&fact));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).unwrap();
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).push(fact);
    }

    /// A promise was broken.
    pub fn violation(&self, what: impl Into<String>) {
        self.add(Fact::Violation(what.into()));
    }

    /// All facts so far.
    pub fn facts(&self) -> Vec<Fact> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The acknowledged submissions so far.
    pub fn submitted(&self) -> Vec<Submitted> {
        let facts = self.facts().into_iter();
        let of = |fact| if let Fact::Submitted(submitted) = fact { Some(submitted) } else { None };
        facts.filter_map(of).collect()
    }
}

fn line(fact: &Fact) -> Value {
    match fact {
        Fact::Submitted(Submitted { kind, key, body, id }) => {
            json!({"fact": "submitted", "path": kind.path(), "key": key, "body": body, "id": id})
        }
        Fact::Sent { kind } => json!({"fact": "sent", "path": kind.path()}),
        Fact::Cancelled { id, status } => {
            json!({"fact": "cancelled", "id": id, "status": status})
        }
        Fact::Ended { id, status } => json!({"fact": "ended", "id": id, "status": status}),
        Fact::Violation(what) => json!({"fact": "violation", "what": what}),
    }
}
