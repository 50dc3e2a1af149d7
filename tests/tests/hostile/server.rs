//! A real server, in a process group and a directory of its own.

use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tapedeck_tests::client;
use tempfile::TempDir;

use crate::footprint::{Footprint, group};

/// Processes that wait for a run.
const STANDBY: usize = 1;
/// How long anything may take on a slow machine that does much else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    address: String,
    client: reqwest::Client,
    dir: TempDir,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts `program` and waits until it says where it listens.
    pub(crate) fn start(program: &Path, env: &[(String, String)]) -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::create_dir(dir.path().join("tmp")).unwrap();
        let mut command = Command::new(program);
        command.env_clear().arg("serve").current_dir(dir.path()).process_group(0);
        command.env("TMPDIR", dir.path().join("tmp")).env("BACKEND_PORT", "0");
        command.env("LOG_FORMAT", "json");
        command.env("TAPEDECK__SANDBOX__STANDBY", STANDBY.to_string());
        command.envs(env.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::default();
        listen(child.stderr.take().unwrap(), &said);
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {said:?}");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "serving" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        listen(lines, &said);
        Self { child, address, client: client(), dir, said }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.client.get(self.url(path)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url(path)).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    /// Status and body.
    pub(crate) async fn upload(&self, id: &str, module: Vec<u8>) -> (u16, Value) {
        let url = self.url(&format!("/api/v1/strategies?id={id}"));
        let request = self.client.post(url).header("content-type", "application/wasm");
        let response = request.body(module).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }

    /// The id of a new run.
    pub(crate) async fn submit(&self, request: &Value) -> String {
        let (status, posted) = self.post("/api/v1/backtests", request).await;
        assert_eq!(status, 202, "{posted}");
        posted["id"].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a run.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        let (_, job) = self.get(&format!("/api/v1/backtests/{id}?wait=60")).await;
        assert!(job["finished_at"].is_string(), "it does not end: {job}\n{}", self.words());
        job
    }

    /// Waits until a run is under way, and gives it as it is then.
    pub(crate) async fn started(&self, id: &str) -> Value {
        let asked = Instant::now();
        loop {
            let (_, job) = self.get(&format!("/api/v1/backtests/{id}")).await;
            if job["status"] != "queued" {
                return job;
            }
            assert!(asked.elapsed() < PATIENCE, "it does not start: {job}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn run(&self, request: &Value) -> Value {
        let id = self.submit(request).await;
        self.ended(&id).await
    }

    pub(crate) fn footprint(&self) -> Footprint {
        Footprint::of(self.child.id(), &self.dir.path().join("tmp"))
    }

    /// Waits until nothing is under way any more: the processes that wait are all there are.
    pub(crate) async fn quiet(&self) -> Footprint {
        let since = Instant::now();
        loop {
            let now = self.footprint();
            let alive = now.processes.iter().all(|(_, state)| *state != 'Z');
            if alive && now.processes.len() == STANDBY {
                return now;
            }
            assert!(since.elapsed() < PATIENCE, "something is left: {now:?}\n{}", self.words());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has logged.
    pub(crate) fn words(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Stops it as an operator would: it ends in good order, and so does all that it started.
    pub(crate) async fn stop(mut self) {
        let leader = self.child.id();
        let pid = leader.to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it does not stop: {}", self.words());
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(status.code(), Some(0), "{}", self.words());
        while !group(leader).is_empty() {
            assert!(since.elapsed() < PATIENCE, "its processes outlive it: {:?}", group(leader));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(!self.words().contains("panicked"), "{}", self.words());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what it says, so that it never waits for somebody to read it.
fn listen(from: impl Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) {
    let said = Arc::clone(said);
    let lines = BufReader::new(from).lines();
    std::thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| said.lock().unwrap().push(line));
    });
}

/// The run beside: the crossover of the reference results.
pub(crate) fn beside() -> Value {
    let mut request = tapedeck_tests::crossover();
    request["tags"] = json!(["beside"]);
    request
}
