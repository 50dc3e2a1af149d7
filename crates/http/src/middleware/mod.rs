//! What happens to every request: an id, a place in a trace, a span with one log line, and
//! problems for all faults.

mod body;
mod faults;
mod harden;
mod head;
mod line;
mod request_id;
mod span;
mod trace;

pub(crate) use faults::faults;
pub(crate) use harden::{harden, hardened};
pub(crate) use head::head;
pub(crate) use line::request_line;
pub(crate) use request_id::request_id;
pub(crate) use span::RequestSpan;
