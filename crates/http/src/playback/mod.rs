//! The playback channel: one WebSocket a viewer.

mod message;
mod session;

pub(crate) use session::socket;
