//! A database, a data directory, and processes on both.
#![expect(clippy::disallowed_methods, reason = "starts the binary")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tapedeck_tests::{binary, client};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::support::TestDatabase;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// What processes share.
pub(crate) struct Cluster {
    pub(crate) database: TestDatabase,
    pub(crate) data: TempDir,
}

impl Cluster {
    pub(crate) async fn new() -> Self {
        Self { database: TestDatabase::empty().await, data: TempDir::new().unwrap() }
    }

    /// The program with what all processes have in common.
    pub(crate) fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env_clear().current_dir(self.data.path());
        command.env("DATABASE_URL", self.database.url());
        command.env("TAPEDECK_DATA_DIR", self.data.path());
        command.env("BACKEND_PORT", "0").env("LOG_FORMAT", "json");
        command.env("TAPEDECK__EXECUTOR__LEASE_MS", "2000");
        command.kill_on_drop(true);
        command
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) async fn run(&self, program: &Path, args: &[&str]) -> String {
        let output = self.command(program, args).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A process of this build that is `all`, `api` or `worker`.
    pub(crate) async fn start(&self, role: &str) -> Process {
        self.start_program(&binary(), role).await
    }

    /// The same of another build; those before this one have no roles.
    pub(crate) async fn start_program(&self, program: &Path, role: &str) -> Process {
        self.start_with(program, role, &[]).await
    }

    /// The same with further variables.
    pub(crate) async fn start_with(
        &self,
        program: &Path,
        role: &str,
        env: &[(&str, &str)],
    ) -> Process {
        let mut command = self.command(program, &["serve"]);
        command.envs(env.iter().copied());
        let mut child = command.env("TAPEDECK_ROLE", role).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("it does not serve");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "serving" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        // Read on, so that it never blocks on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Process { child, address, client: client() }
    }

    /// Adds a long random walk to the catalog.
    pub(crate) async fn generate(&self, id: &str, rows: usize) {
        let rows = rows.to_string();
        let args = ["dataset", "generate", "--seed", "1", "--interval", "1m", "--rows", &rows];
        self.run(&binary(), &[&args[..], &["--id", id]].concat()).await;
    }
}

/// A server in a process of its own, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    client: reqwest::Client,
}

impl Process {
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().await.unwrap().success());
    }

    /// Has it stop as a supervisor would, and waits for its end.
    pub(crate) async fn terminate(mut self) {
        self.signal("-TERM").await;
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        assert!(ended.unwrap().unwrap().success(), "{} ended badly", self.address);
    }

    /// Kills it.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `GET path`: status and JSON.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(self.url(path))).await
    }

    /// `GET path`, as text, to its end.
    pub(crate) async fn text(&self, path: &str) -> String {
        let request = self.client.get(self.url(path)).timeout(PATIENCE);
        request.send().await.unwrap().text().await.unwrap()
    }

    /// `POST path`: status and JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(self.url(path)).json(body)).await
    }

    /// Submits a backtest; its id.
    pub(crate) async fn submit(&self, body: &Value) -> String {
        let (status, posted) = self.post("/api/v1/backtests", body).await;
        assert_eq!(status, 202, "{posted}");
        posted["id"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a backtest.
    pub(crate) async fn end_of(&self, id: &str) -> Value {
        let path = format!("/api/v1/backtests/{id}?wait=30");
        for _ in 0..3 {
            let (_, resource) = self.get(&path).await;
            if resource["finished_at"].is_string() {
                return resource;
            }
        }
        panic!("{id} does not end");
    }

    /// Waits until a backtest has this status.
    pub(crate) async fn until(&self, id: &str, status: &str) {
        let asking = async {
            while self.get(&format!("/api/v1/backtests/{id}")).await.1["status"] != status {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap();
    }

    /// The event log of a backtest: the kinds, with the check that no number is missing.
    pub(crate) async fn log(&self, id: &str) -> Vec<String> {
        let path = format!("/api/v1/backtests/{id}/events?format=json&limit=500");
        let (status, page) = self.get(&path).await;
        assert_eq!(status, 200, "{page}");
        let items = page["items"].as_array().unwrap();
        let numbers = items.iter().map(|item| item["seq"].as_u64().unwrap());
        assert!(numbers.eq(1..=items.len() as u64), "{page}");
        items.iter().map(|item| item["event"].as_str().unwrap().to_owned()).collect()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.timeout(PATIENCE).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}
