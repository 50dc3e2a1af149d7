//! A server in a process of its own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::child::{Process, Signal, mortal, within};

/// How a server is started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What comes before its command line, such as a tool that injects faults.
    pub prefix: Vec<String>,
    /// The program.
    pub program: PathBuf,
    /// Its variables.
    pub env: BTreeMap<String, String>,
    /// Where it logs.
    pub log: PathBuf,
}

/// A lease so short that a test need not wait for it.
const LEASE_MS: &str = "1000";

impl Plan {
    /// `tapedeck serve` on a free port over a data directory; its log is `NAME.log` in `logs`.
    pub fn serve(data: &Path, logs: &Path, name: &str) -> Self {
        let plan = Self {
            prefix: Vec::new(),
            program: crate::binary(),
            env: BTreeMap::new(),
            log: logs.join(format!("{name}.log")),
        };
        plan.with("BACKEND_PORT", "0")
            .with("LOG_FORMAT", "json")
            .with("TAPEDECK_DATA_DIR", data.to_str().unwrap())
            .with("TAPEDECK__EXECUTOR__LEASE_MS", LEASE_MS)
            // Kills at random may hit the same run often, and none of them is its fault.
            .with("TAPEDECK__EXECUTOR__MAX_ATTEMPTS", "100")
            .with("TAPEDECK__DATABASE__CONNECT_ATTEMPTS", "40")
    }

    /// The same with another variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same on this database; without one, on the embedded one.
    pub fn on(self, database: Option<&str>) -> Self {
        match database {
            Some(url) => self.with("DATABASE_URL", url),
            None => self,
        }
    }

    /// The same, started by other programs.
    pub fn under(mut self, prefix: &[&str]) -> Self {
        self.prefix = prefix.iter().map(|&word| word.to_owned()).collect();
        self
    }

    fn spawn(&self) -> Process {
        let mut words = self.prefix.iter().map(PathBuf::from).chain([self.program.clone()]);
        let mut command = mortal(&words.next().unwrap(), None);
        command.args(words).arg("serve").env_clear().env("PATH", "/usr/bin:/bin");
        command.envs(&self.env).current_dir(self.log.parent().unwrap());
        Process::spawn(command, &self.log)
    }
}

/// A server that is there, or was.
pub struct Server {
    plan: Plan,
    /// Its process.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

/// How long a start may take, however busy the machine is.
const START: Duration = Duration::from_secs(120);

impl Server {
    /// Starts it, and waits until it says where it listens.
    pub async fn start(plan: Plan) -> Self {
        let before = starts(&plan.log).len();
        let mut process = plan.spawn();
        let address = within(START, || {
            // It may have ended since it said so, where that is the point of the test.
            let ended = process.ended().is_some();
            let address = starts(&plan.log).get(before).copied();
            assert!(address.is_some() || !ended, "it does not start: {}", process.said());
            address
        });
        let address = address.await;
        let address = address.unwrap_or_else(|| panic!("it hangs: {}", process.said()));
        Self { plan, process, address }
    }

    /// Starts it again, wherever it listens then.
    pub async fn restart(&mut self) {
        self.process.kill();
        *self = Self::start(self.plan.clone()).await;
    }

    /// Kills it as the kernel would.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Asks it to go, and waits; `false` when it did not go in good order.
    pub async fn terminate(&mut self) -> bool {
        self.process.signal(Signal::TERM);
        let ended = self.process.end_within(Duration::from_secs(60)).await;
        ended.is_some_and(|status| status.success())
    }
}

/// The addresses that were said in a log, in order.
fn starts(log: &Path) -> Vec<SocketAddr> {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let said = whole.lines().filter(|line| line.contains(r#""serving""#));
    let address = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["address"].as_str()?.parse().ok()
    };
    said.filter_map(address).collect()
}
