//! What happens to every request: an id, a span with one log line, and problems for all faults.

mod faults;
mod request_id;
mod span;
mod trace;

pub(crate) use faults::faults;
pub(crate) use request_id::request_id;
pub(crate) use span::{RequestSpan, request_line};
