//! A reader of server-sent events.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use serde_json::Value;

/// Longer than any event takes, so that a missing one fails the test instead of hanging it.
const DEADLINE: Duration = Duration::from_secs(30);

/// What came between two blank lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Option<u64>,
    /// Its data.
    pub data: Value,
}

/// An open stream.
pub struct Events {
    body: BoxStream<'static, reqwest::Result<Vec<u8>>>,
    text: String,
    /// How long to wait before connecting again, in milliseconds.
    pub retry: Option<u64>,
    /// Comments so far.
    pub comments: usize,
}

impl Events {
    /// The events of an answer, which must be a stream of them.
    pub fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = response.bytes_stream().map(|chunk| chunk.map(|bytes| bytes.to_vec()));
        Self { body: body.boxed(), text: String::new(), retry: None, comments: 0 }
    }

    /// The next event; `None` when the server closed.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(event) = self.read(&block) {
                    return Some(event);
                }
            }
            let chunk = tokio::time::timeout(DEADLINE, self.body.next()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// All events up to the end.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    fn read(&mut self, block: &str) -> Option<Event> {
        let field =
            |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if let Some(retry) = field("retry") {
            self.retry = Some(retry.parse().unwrap());
        }
        if block.starts_with(':') {
            self.comments += 1;
        }
        let data = serde_json::from_str(field("data")?).unwrap();
        let id = field("id").map(|id| id.parse().unwrap());
        Some(Event { name: field("event").unwrap_or("message").to_owned(), id, data })
    }
}
