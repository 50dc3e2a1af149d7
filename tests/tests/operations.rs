//! What an operator does and sees: a queue that is paused, a disk that fills up.
#![expect(clippy::disallowed_methods, reason = "these tests start programs")]

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, binary, client, crossover};
use tempfile::TempDir;

const MB: u64 = 1 << 20;

fn tapedeck(data: &Path, args: &[&str]) -> String {
    let mut command = Command::new(binary());
    let output = command.env_clear().env("TAPEDECK_DATA_DIR", data).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_queue_that_is_paused_keeps_its_jobs_until_it_is_resumed() {
    let app = TestApp::start().await;
    let queue = |args: &[&str]| tapedeck(app.data_dir(), &[&["queue"], args].concat());
    assert_eq!(queue(&["pause", "--reason", "new disks"]), "paused\n");
    assert_eq!(queue(&["pause"]), "it was paused before\n");
    let (status, posted) = app.post_backtest(&crossover()).await;
    assert_eq!(status, 202, "{posted}");
    let text = queue(&["status"]);
    assert!(text.starts_with("queued: 1 (0 for later)\nrunning: 0\n"), "{text}");
    assert!(text.contains(" by cli: new disks\n"), "{text}");
    let document: Value = serde_json::from_str(&queue(&["status", "--json"])).unwrap();
    assert_eq!((&document["queued"], &document["pause"]["by"]), (&json!(1), &json!("cli")));
    assert_eq!(queue(&["resume"]), "resumed\n");
    assert_eq!(queue(&["resume"]), "it was not paused\n");
    let done = app.wait_for(posted["id"].as_str().unwrap()).await;
    assert_eq!(done["status"], "succeeded");
}

/// A server in a process of its own.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it, and waits until it says where it listens.
    fn start(mut command: Command, data: &Path, env: &[(&str, &str)]) -> Self {
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("BACKEND_PORT", "0").env("LOG_FORMAT", "json").env("TAPEDECK_DATA_DIR", data);
        let mut child = command.envs(env.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server said where it listens").unwrap();
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "serving" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    async fn post(&self, seed: u64) -> (u16, Value) {
        let mut body = crossover();
        body["seed"] = json!(seed);
        let url = format!("http://{}/api/v1/backtests", self.address);
        let response = client().post(url).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let response = client().get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Status of readiness, and what it says about the artifact store.
    async fn store(&self) -> (u16, String) {
        let (status, body) = self.get("/api/health/ready").await;
        let check = &body["checks"]["artifact_store"];
        (status, format!("{} {}", check["status"].as_str().unwrap(), check["detail"]))
    }

    async fn refuses(&self, seed: u64, why: &str) {
        let (status, body) = self.post(seed).await;
        assert_eq!((status, &body["code"]), (503, &json!("unavailable")), "{body}");
        let (_, list) = self.get("/api/v1/backtests").await;
        assert_eq!(list["items"], json!([]), "nothing was stored");
        let (status, detail) = self.store().await;
        assert_eq!(status, 503);
        assert!(detail.starts_with("down") && detail.contains(why), "{detail}");
    }

    async fn runs(&self, seed: u64) {
        let (status, body) = self.post(seed).await;
        assert_eq!(status, 202, "{body}");
        let path = format!("/api/v1/backtests/{}?wait=60", body["id"].as_str().unwrap());
        assert_eq!(self.get(&path).await.1["status"], "succeeded");
        let (status, detail) = self.store().await;
        assert_eq!(status, 200, "{detail}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() -> Command {
    let mut command = Command::new(binary());
    command.arg("serve");
    command
}

fn file(path: PathBuf, bytes: u64) -> PathBuf {
    File::create(&path).unwrap().set_len(bytes).unwrap();
    path
}

#[tokio::test]
async fn beyond_the_quota_no_job_is_taken_until_there_is_room() {
    let dir = TempDir::new().unwrap();
    // With the catalog filled, so that the start has nothing to write.
    tapedeck(dir.path(), &["queue", "status"]);
    tapedeck(dir.path(), &["retention", "plan"]);
    let filler = file(dir.path().join("filler"), 100 * MB);
    let server = Server::start(serve(), dir.path(), &[("TAPEDECK__FILES__QUOTA_MB", "100")]);
    server.refuses(1, "100 MB may be (files.quota_mb)").await;
    std::fs::remove_file(filler).unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.runs(1).await;
}

/// A server whose data directory is a file system of so many MB, in a namespace of its own;
/// `None` where this machine does not let anybody mount one.
fn serve_on_disk_of(data: &Path, size: u64) -> Option<Command> {
    let mount = format!("mount -t tmpfs -o size={size}m tapedeck \"$0\"");
    let attempt = Command::new("unshare").args(["-rm", "sh", "-c", &mount]).arg(data).output();
    if !attempt.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &format!("{mount} && exec \"$@\"")]);
    command.arg(data).arg(binary()).arg("serve");
    Some(command)
}

#[tokio::test]
async fn on_a_disk_that_fills_up_no_job_is_taken_until_there_is_room() {
    let (dir, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let Some(command) = serve_on_disk_of(dir.path(), 40) else {
        eprintln!("NO SMALL DISK CAN BE MOUNTED HERE: tested with a floor above all disks instead");
        tapedeck(dir.path(), &["retention", "plan"]);
        let env = [("TAPEDECK__FILES__MIN_FREE_MB", "1000000000")];
        let server = Server::start(serve(), dir.path(), &env);
        return server.refuses(1, "are kept free (files.min_free_mb)").await;
    };
    let database = format!("sqlite://{}/jobs.db", elsewhere.path().display());
    let env = [("TAPEDECK__FILES__MIN_FREE_MB", "8"), ("DATABASE_URL", &*database)];
    let server = Server::start(command, dir.path(), &env);
    // Where the server, and nobody else, sees the disk.
    let disk = PathBuf::from(format!("/proc/{}/root{}", server.child.id(), dir.path().display()));
    let fill = |mb: u64| {
        let filler = disk.join("filler");
        let zeros = vec![0; usize::try_from(mb * MB).unwrap()];
        // Of what is too much, as much is written as there is room for.
        let _ = std::fs::write(&filler, zeros);
        filler
    };
    let filler = fill(35);
    server.refuses(1, "MB free, 8 MB are kept free (files.min_free_mb)").await;
    fill(64);
    server.refuses(1, "0 MB free, 8 MB are kept free (files.min_free_mb)").await;
    fill(28);
    let (status, detail) = server.store().await;
    assert_eq!((status, detail.starts_with("up")), (200, true), "{detail}");
    assert!(detail.contains("8 MB are kept free"), "it warns: {detail}");
    std::fs::remove_file(filler).unwrap();
    server.runs(1).await;
}
