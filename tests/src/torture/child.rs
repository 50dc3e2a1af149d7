//! Processes that end with the test that started them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

/// A process of ours, killed when it is dropped and when this process dies.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, with what it says in the file `log`.
    ///
    /// A process that is told by the kernel of the death of its parent gets the signal when the
    /// *thread* that started it ends: start processes from tests, not from blocking tasks.
    pub fn spawn(mut command: Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log: log.to_owned() }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal. One that is gone hears nothing.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(pid(self.id()), signal);
    }

    /// Kills it, and waits for that.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end; `None` when that does not come in time.
    pub async fn end_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        within(patience, || self.ended()).await
    }

    /// Whether it stands still after a signal.
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()));
        stat.unwrap_or_default().rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    /// What it said.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Asks again and again until there is an answer, or patience is at an end.
pub async fn within<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let asking = async {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(patience, asking).await.ok()
}

/// Sends a signal to a process that is not our child itself.
pub fn signal(id: u32, signal: Signal) {
    let _ = kill_process(pid(id), signal);
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap()).unwrap()
}

/// A command that is killed when the thread that started it ends, where the system can do that.
#[expect(clippy::disallowed_methods, reason = "the harness starts processes")]
pub fn mortal(program: &Path, as_user: Option<(u32, u32)>) -> Command {
    let Some(setpriv) = tool("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL"]);
    if let Some((user, group)) = as_user {
        command.args([format!("--reuid={user}"), format!("--regid={group}")]).arg("--clear-groups");
    }
    command.arg("--").arg(program);
    command
}

/// Where a tool is, if it is installed.
pub fn tool(name: &str) -> Option<PathBuf> {
    let dirs = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    dirs.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.exists())
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
