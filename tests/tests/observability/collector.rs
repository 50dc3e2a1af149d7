//! A collector of telemetry: a small HTTP server that keeps what it is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::server::PATIENCE;

/// A message: its path, its headers and its body.
pub(crate) type Message = (String, Vec<String>, Value);

pub(crate) struct Collector {
    pub(crate) url: String,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Collector {
    /// Answers everything with this status.
    pub(crate) async fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, status, Arc::clone(&kept)));
            }
        });
        Self { url, messages }
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap().clone()
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Value> {
        let messages = self.messages();
        let traces = messages.iter().filter(|(path, ..)| path == "/v1/traces");
        let spans = traces.flat_map(|(_, _, body)| {
            let resources = body["resourceSpans"].as_array().unwrap();
            resources[0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
        });
        spans.collect()
    }

    /// The span that is such, as soon as it has come.
    pub(crate) async fn span(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = async {
            loop {
                if let Some(span) = self.spans().into_iter().find(|span| is_it(span)) {
                    return span;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("{:#?}", self.spans()))
    }
}

async fn serve(stream: TcpStream, status: u16, kept: Arc<Mutex<Vec<Message>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        let path = head[0].split(' ').nth(1).unwrap().to_owned();
        let lower: Vec<String> = head.iter().map(|line| line.to_ascii_lowercase()).collect();
        let length = lower.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await.unwrap();
        kept.lock().unwrap().push((path, lower, serde_json::from_slice(&body).unwrap()));
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 2\r\n\r\n{{}}");
        if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
