//! Playback: the WebSocket channel, and the same frames as server-sent events.

mod frame;
mod message;
mod session;
mod socket;
mod stream;

pub(crate) use socket::socket;
pub(crate) use stream::stream;
