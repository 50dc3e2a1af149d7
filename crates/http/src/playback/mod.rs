//! Playback: the WebSocket channel, and the same frames as server-sent events.

mod frame;
mod message;
mod protocol;
mod session;
mod socket;
mod stream;

pub use protocol::ws_protocol;
pub(crate) use socket::socket;
pub(crate) use stream::stream;
