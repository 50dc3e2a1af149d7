//! What keeps a run from hurting anything else, layer by layer.

use serde::{Deserialize, Serialize};

/// One layer around a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// It is not root.
    Uid,
    /// It can gain no rights.
    NoNewPrivs,
    /// The kernel bounds its memory, processor time, processes and files.
    Rlimits,
    /// It can open no file and no TCP connection.
    Landlock,
    /// It can make few system calls, and none that reaches out.
    Seccomp,
    /// It has a network of its own, in which there is nothing.
    Network,
    /// A control group bounds its memory and its processes.
    Cgroup,
}

impl Layer {
    /// All of them, in the order in which they are put on.
    pub const ALL: [Self; 7] = [
        Self::Cgroup,
        Self::Network,
        Self::Uid,
        Self::NoNewPrivs,
        Self::Rlimits,
        Self::Landlock,
        Self::Seccomp,
    ];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uid => "uid",
            Self::NoNewPrivs => "no_new_privs",
            Self::Rlimits => "rlimits",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Network => "network",
            Self::Cgroup => "cgroup",
        }
    }
}

/// What is to happen where a layer cannot be put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerPolicy {
    /// No run starts.
    Required,
    /// Runs start without it, and that is said.
    Preferred,
}

impl LayerPolicy {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
        }
    }
}

/// The policy of each layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is a layer")]
pub struct IsolationPolicy {
    pub uid: LayerPolicy,
    pub no_new_privs: LayerPolicy,
    pub rlimits: LayerPolicy,
    pub landlock: LayerPolicy,
    pub seccomp: LayerPolicy,
    pub network: LayerPolicy,
    pub cgroup: LayerPolicy,
}

impl IsolationPolicy {
    /// The same of every layer.
    pub const fn same(policy: LayerPolicy) -> Self {
        Self {
            uid: policy,
            no_new_privs: policy,
            rlimits: policy,
            landlock: policy,
            seccomp: policy,
            network: policy,
            cgroup: policy,
        }
    }

    /// The policy of one layer.
    pub const fn of(&self, layer: Layer) -> LayerPolicy {
        match layer {
            Layer::Uid => self.uid,
            Layer::NoNewPrivs => self.no_new_privs,
            Layer::Rlimits => self.rlimits,
            Layer::Landlock => self.landlock,
            Layer::Seccomp => self.seccomp,
            Layer::Network => self.network,
            Layer::Cgroup => self.cgroup,
        }
    }
}

/// What became of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Which one.
    pub layer: Layer,
    /// Whether it holds.
    pub enforced: bool,
    /// How, or why not, in a sentence.
    pub detail: String,
}
