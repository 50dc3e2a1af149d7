//! A viewer of the playback channel, over a client library that is not ours.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Longer than any answer takes, so that a missing one fails the test instead of hanging it.
const DEADLINE: Duration = Duration::from_secs(30);

/// An open socket.
pub struct Viewer(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Viewer {
    /// Connects to a `ws://` URL.
    pub async fn connect(url: &str) -> Self {
        Self(connect_async(url).await.unwrap().0)
    }

    /// Sends text as it is.
    pub async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next text frame as JSON; `None` when the server closed.
    pub async fn next(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(DEADLINE, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Some(serde_json::from_str(&text).unwrap());
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        });
        next.await.unwrap()
    }

    /// Reads on to the next frame whose `t` is `kind`.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await.unwrap();
            if frame["t"] == kind {
                return frame;
            }
        }
    }

    /// Reads on to the end; the code with which the server closed.
    pub async fn closed(&mut self) -> Option<u16> {
        let last = tokio::time::timeout(DEADLINE, async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        });
        last.await.unwrap()
    }
}
