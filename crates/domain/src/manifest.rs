//! Everything that is needed to repeat a run.

use serde::{Deserialize, Serialize};

use crate::id::BacktestId;
use crate::spec::Specification;
use crate::time::Timestamp;

/// Everything that is needed to repeat a run, and to know whether a difference is a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The shape of this document.
    pub version: u32,
    /// The run.
    pub backtest_id: BacktestId,
    /// All inputs: dataset by content hash, range, strategy by version, parameters, seed,
    /// capital, sizing, costs, risk.
    pub specification: Specification,
    /// SHA-256 of them and of the engine version.
    pub input_hash: String,
    /// The version of the results.
    pub engine_version: String,
    /// The server that made it.
    pub build: Build,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A build of the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Its version.
    pub version: String,
    /// The revision of its sources; `unknown` outside a checkout.
    pub revision: String,
    /// The architecture that it runs on.
    pub architecture: String,
}
