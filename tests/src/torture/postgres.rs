//! A Postgres of a test's own, as durable as one in production, to be killed and frozen.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use super::child::{Process, Signal, is_root, mortal, signal, tool, within};
use super::seed::fresh_bytes;

/// A server in a directory of its own. Dropping it stops it and removes the directory.
pub struct Postgres {
    process: Process,
    dir: TempDir,
    token: String,
    port: u16,
}

/// How long a start may take, the recovery after a crash included.
const START: Duration = Duration::from_secs(90);

impl Postgres {
    /// Makes a cluster and starts it on a free port.
    pub async fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("tapedeck-torture-postgres.").tempdir().unwrap();
        let token = fresh_bytes::<16>().map(|byte| format!("{byte:02x}")).concat();
        std::fs::write(dir.path().join("token"), &token).unwrap();
        if let Some((user, group)) = unprivileged() {
            for path in [dir.path().to_owned(), dir.path().join("token")] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        init(dir.path());
        for _ in 0..8 {
            // Another port, where somebody else had the first.
            let port = 20_000 + u16::from_le_bytes(fresh_bytes()) % 20_000;
            if let Some(process) = launch(dir.path(), &token, port).await {
                let server = Self { process, dir, token, port };
                server.prove_ours().await;
                return server;
            }
        }
        panic!("postgres does not start: {}", said(dir.path()));
    }

    /// Its URL, password included.
    pub fn url(&self) -> String {
        let Self { token, port, .. } = self;
        format!("postgres://postgres:{token}@127.0.0.1:{port}/postgres")
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Another database beside the first, with nothing in it; its URL.
    pub async fn database(&self, name: &str) -> String {
        let client = self.client().await.unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let url = self.url();
        format!("{}/{name}", url.rsplit_once('/').unwrap().0)
    }

    async fn client(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, driver) = tokio_postgres::connect(&self.url(), NoTls).await?;
        tokio::spawn(driver);
        Ok(client)
    }

    /// That it is our child which answers at the port, and nobody else's server: it wrote its
    /// number into our directory, and it knows the name that we gave it.
    async fn prove_ours(&self) {
        let file = std::fs::read_to_string(self.dir.path().join("data/postmaster.pid")).unwrap();
        assert_eq!(file.lines().next(), Some(self.process.id().to_string().as_str()));
        let client = self.client().await.unwrap();
        let name: String = client.query_one("SHOW cluster_name", &[]).await.unwrap().get(0);
        assert_eq!(name, self.token, "this is somebody else's server");
    }

    /// Kills it and all of its processes at once, as a power cut would.
    pub fn kill(&mut self) {
        let backends = children(self.process.id());
        self.process.signal(Signal::KILL);
        backends.into_iter().for_each(|id| signal(id, Signal::KILL));
        self.process.kill();
    }

    /// Starts it again where it was.
    pub async fn restart(&mut self) {
        self.kill();
        for _ in 0..20 {
            // Its old processes may hold its memory for a moment.
            if let Some(process) = launch(self.dir.path(), &self.token, self.port).await {
                self.process = process;
                return self.prove_ours().await;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("postgres does not start again: {}", said(self.dir.path()));
    }

    /// Stops all of its processes where they are; connections stay open.
    pub fn freeze(&self) {
        self.process.signal(Signal::STOP);
        children(self.process.id()).into_iter().for_each(|id| signal(id, Signal::STOP));
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        children(self.process.id()).into_iter().for_each(|id| signal(id, Signal::CONT));
        self.process.signal(Signal::CONT);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.thaw();
        // At once, but with its shared memory given back.
        self.process.signal(Signal::QUIT);
        for _ in 0..200 {
            if self.process.ended().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.kill();
    }
}

fn init(dir: &Path) {
    let mut command = program("initdb");
    command.arg("--pgdata").arg(dir.join("data")).arg("--pwfile").arg(dir.join("token"));
    command.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]);
    let output = command.args(["--locale=C", "--no-sync"]).current_dir("/").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn launch(dir: &Path, token: &str, port: u16) -> Option<Process> {
    let data = dir.join("data");
    let pid_file = data.join("postmaster.pid");
    let mut command = program("postgres");
    command.arg("-D").arg(&data).arg("-p").arg(port.to_string()).current_dir("/");
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=100",
        "shared_buffers=32MB",
        "fsync=on",
        "synchronous_commit=on",
        &format!("cluster_name={token}"),
    ] {
        command.args(["-c", setting]);
    }
    let mut process = Process::spawn(command, &dir.join("log"));
    let ours = process.id().to_string();
    let ready = within(START, || {
        let file = std::fs::read_to_string(&pid_file).unwrap_or_default();
        let lines: Vec<_> = file.lines().map(str::trim).collect();
        let is_ready = lines.first() == Some(&ours.as_str()) && lines.get(7) == Some(&"ready");
        (is_ready || process.ended().is_some()).then_some(is_ready)
    });
    ready.await.unwrap_or_default().then_some(process)
}

fn said(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("log")).unwrap_or_default()
}

/// A program of Postgres, as a user that it accepts.
fn program(name: &str) -> Command {
    let newest = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = newest.map(|dir| dir.path().join("bin").join(name)).collect();
    places.sort();
    let place = tool(name).or_else(|| places.into_iter().rfind(|path| path.exists()));
    mortal(&place.unwrap_or_else(|| panic!("missing: {name}")), unprivileged())
}

/// Whom to become where we are root, whom Postgres does not accept.
fn unprivileged() -> Option<(u32, u32)> {
    if !is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let id_of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    id_of("postgres").or_else(|| id_of("nobody"))
}

/// The processes that a process started itself.
fn children(id: u32) -> Vec<u32> {
    let file = format!("/proc/{id}/task/{id}/children");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}
