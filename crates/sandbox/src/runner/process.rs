use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tapedeck_domain::isolation::LayerReport;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::runtime::Handle;

use super::SUBCOMMAND;
use super::converse::Inbox;

/// A process, and the socket to it. Dropping it kills and reaps it.
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) socket: UnixStream,
    pub(super) inbox: Inbox,
    pub(super) layers: Vec<LayerReport>,
    child: Option<Child>,
    words: Arc<Mutex<Vec<u8>>>,
    home: Handle,
}

/// How long a process may take from its last word to its end.
const TIME_TO_END: Duration = Duration::from_secs(1);

impl Process {
    /// Starts one: with an empty environment and no open file but its end of a socket, the null
    /// device and a pipe for what it says at its end.
    #[expect(clippy::disallowed_methods, reason = "this crate starts processes")]
    pub(super) fn spawn(program: &Path, home: &Handle) -> std::io::Result<Self> {
        let _runtime = home.enter();
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut child = Command::new(program)
            .arg0("tapedeck")
            .arg(SUBCOMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let words = Arc::default();
        if let Some(stderr) = child.stderr.take() {
            home.spawn(listen(stderr, Arc::clone(&words)));
        }
        Ok(Self {
            pid: child.id().unwrap_or_default(),
            socket: UnixStream::from_std(ours)?,
            inbox: Inbox::default(),
            layers: Vec::new(),
            child: Some(child),
            words,
            home: home.clone(),
        })
    }

    pub(super) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// How it ended: by itself, or by being killed when it does not.
    pub(super) async fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let child = self.child.as_mut()?;
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                let _ = child.start_kill();
                child.wait().await.ok()
            }
        }
    }

    /// What it said last outside of the protocol.
    pub(super) fn last_words(&self) -> String {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&words).into_owned()
    }

    /// Has it end by itself, which its last word allows it to, while nobody waits for it.
    pub(super) fn retire(mut self) {
        let Some(mut child) = self.child.take() else { return };
        self.home.spawn(async move {
            if tokio::time::timeout(TIME_TO_END, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let _ = child.start_kill();
        self.home.spawn(async move { child.wait().await.map(drop) });
    }
}

/// Bytes of its words that are kept: the last ones.
const KEPT: usize = 4096;
/// Bytes of its words that are listened to; after them the pipe is closed.
const HEARD: usize = 1 << 20;

async fn listen(mut stderr: ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let (mut buffer, mut heard) = ([0; KEPT], 0);
    while heard < HEARD {
        let Ok(read @ 1..) = stderr.read(&mut buffer).await else { return };
        heard += read;
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend(&buffer[..read]);
        let old = words.len().saturating_sub(KEPT);
        words.drain(..old);
    }
}
