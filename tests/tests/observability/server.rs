//! A server in a process of its own, all of whose lines are kept.
#![expect(clippy::disallowed_methods, reason = "starts the binary")]

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tapedeck_tests::{binary, client};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::exposition::{Exposition, parse};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    pub(crate) client: reqwest::Client,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves from `dir`.
    pub(crate) async fn start(dir: &Path, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary());
        command.arg("serve").env_clear().current_dir(dir);
        command.env("BACKEND_PORT", "0").env("LOG_FORMAT", "json");
        command.envs(env.iter().copied()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let kept = Arc::clone(&lines);
        tokio::spawn(async move {
            while let Ok(Some(line)) = out.next_line().await {
                kept.lock().unwrap().push(line);
            }
        });
        let mut server = Self { child, address: String::new(), client: client(), lines };
        let is_serving = |text: &str| text.contains(" serving ") || text.contains("\"serving\"");
        let line = server.line(is_serving).await;
        let (_, rest) = line.split_once("127.0.0.1:").unwrap();
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        server.address = format!("127.0.0.1:{port}");
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(self.url(path)).timeout(PATIENCE);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn scrape(&self) -> Exposition {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, 200, "{text}");
        parse(&text).unwrap()
    }

    /// Submits a backtest with these headers; its id.
    pub(crate) async fn submit(&self, body: &Value, headers: &[(&str, &str)]) -> String {
        let mut request = self.client.post(self.url("/api/v1/backtests")).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let posted: Value = response.json().await.unwrap();
        posted["id"].as_str().unwrap_or_else(|| panic!("{posted}")).to_owned()
    }

    pub(crate) async fn end_of(&self, id: &str) -> Value {
        let (_, text) = self.get(&format!("/api/v1/backtests/{id}?wait=30")).await;
        let resource: Value = serde_json::from_str(&text).unwrap();
        assert!(resource["finished_at"].is_string(), "{resource}");
        resource
    }

    /// All lines so far.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// All lines so far, as JSON, of which every one is an object.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        self.texts().iter().map(read).collect()
    }

    /// The first line that is such, as soon as there is one.
    pub(crate) async fn line(&self, is_it: impl Fn(&str) -> bool) -> String {
        let found = async {
            loop {
                if let Some(line) = self.texts().into_iter().find(|line| is_it(line)) {
                    return line;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("{}", self.texts().join("\n")))
    }

    /// The same, by its message and what else it must have.
    pub(crate) async fn said(&self, message: &str, has: impl Fn(&Value) -> bool) -> Value {
        let is_it = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            line["message"] == message && has(&line)
        };
        serde_json::from_str(&self.line(is_it).await).unwrap()
    }

    /// Stops it as a supervisor would, and waits for its end.
    pub(crate) async fn terminate(&mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert!(ended.unwrap().unwrap().success());
    }
}
