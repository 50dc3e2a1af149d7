//! A server in a process of its own.

use std::io::BufRead as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tapedeck_tests::binary;

/// A server in a process of its own, killed when it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Serving {
    /// Starts it in `dir` on a free port, and waits until it says where it listens.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[], &[])
    }

    /// The same with further variables of the environment and options.
    pub(crate) fn start_with(dir: &Path, env: &[(&str, &str)], options: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(dir).arg("serve").args(options).env("BACKEND_PORT", "0");
        command.env("LOG_FORMAT", "json").env("TAPEDECK__EXECUTOR__LEASE_MS", "500");
        let mut child = command.envs(env.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            if line["message"] == "serving" {
                break line["address"].as_str().unwrap().to_owned();
            }
        };
        // Read on, so that the server never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// `curl` as a user would call it: status and body.
    pub(crate) fn curl(&self, path: &str, extra: &[&str]) -> (u16, Value) {
        let url = format!("http://{}{path}", self.address);
        let output = Command::new("curl")
            .args(["-s", "-w", "\n%{http_code}", &url])
            .args(extra)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
