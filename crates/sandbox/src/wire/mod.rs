//! What passes between the server and a process that it started, over one Unix socket.
//!
//! Frames: a byte for the kind, four for the length (little-endian), the payload. The server says
//! `Hello`, the process puts on its first layers and says `Ready`; then comes one request, with
//! open files beside it, and its answer: `Progress` for a while, `Part` after part, one `End`.
//! The end of the socket ends the process.

mod files;
mod frame;
mod link;

use serde::{Deserialize, Serialize};
use tapedeck_domain::guest::GuestMetadata;
use tapedeck_domain::isolation::LayerReport;
use tapedeck_domain::job::{Exceeded, Limits, Usage};
use tapedeck_domain::port::BrokeOff;
use tapedeck_domain::spec::Specification;
use tapedeck_domain::time::Timestamp;

pub(crate) use files::{Shape, read_range, seal_bars, seal_bytes};
pub(crate) use frame::{HEADER, Kind, decode, encode, framed, parse};
pub(crate) use link::{Link, send_with_files};

use crate::layers::Plan;

/// The version of this protocol. Both sides are one program, so no other is spoken.
pub(crate) const VERSION: u32 = 2;

/// The first word of the server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) version: u32,
    pub(crate) plan: Plan,
}

/// What every version of `Hello` and `Ready` has.
#[derive(Debug, Deserialize)]
pub(crate) struct Versioned {
    pub(crate) version: u32,
}

/// The process waits for its request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) version: u32,
    pub(crate) layers: Vec<LayerReport>,
}

/// A run. Beside it come the files of its datasets and, for a guest, that of its artifact.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) spec: Specification,
    pub(crate) limits: Limits,
    pub(crate) datasets: Vec<Shape>,
    /// Bytes of the artifact.
    pub(crate) guest: Option<u64>,
}

/// A module to compile. Beside it comes its file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Compile {
    pub(crate) bytes: u64,
    pub(crate) limits: Limits,
}

/// Put on all layers, under these limits, and say what holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Probe {
    pub(crate) limits: Limits,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) bars_done: u64,
    pub(crate) sim_time: Timestamp,
}

/// The last word of the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) how: How,
    pub(crate) usage: Usage,
}

/// How a request ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum How {
    /// The parts are the report.
    Ran(Option<Broke>),
    /// The parts are the artifact.
    Compiled(GuestMetadata),
    /// The module cannot be run, and why not.
    Unusable(String),
    /// These layers hold.
    Probed(Vec<LayerReport>),
    /// The bars are not what the specification says.
    Data(String),
    /// The strategy cannot be run.
    Strategy(String),
    /// A limit was hit, and nothing is left.
    Limit(Exceeded),
    /// It was stopped, and nothing is left.
    Stopped,
    /// A layer that is required cannot be put on.
    Refused(String),
    /// The process itself failed.
    Failed(String),
}

/// [`BrokeOff`], as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Broke {
    Limit(Exceeded),
    Strategy(String),
}

impl From<BrokeOff> for Broke {
    fn from(broke_off: BrokeOff) -> Self {
        match broke_off {
            BrokeOff::Limit(exceeded) => Self::Limit(exceeded),
            BrokeOff::Strategy(detail) => Self::Strategy(short(detail)),
        }
    }
}

impl From<Broke> for BrokeOff {
    fn from(broke: Broke) -> Self {
        match broke {
            Broke::Limit(exceeded) => Self::Limit(exceeded),
            Broke::Strategy(detail) => Self::Strategy(detail),
        }
    }
}

/// Longest sentence of a process, in characters.
const LONGEST_SENTENCE: usize = 2000;

/// `text`, cut to what a frame has room for.
pub(crate) fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_SENTENCE) {
        text.truncate(end);
    }
    text
}
