use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::converse::Broken;
use super::death;
use super::process::Process;
use crate::layers::Plan;
use crate::wire::{End, Hello, How, Kind, Ready, VERSION, Versioned, decode, encode};

/// Processes that have their first layers on and wait for a request.
pub(super) struct Pool {
    program: PathBuf,
    plan: Plan,
    size: usize,
    ready: Mutex<VecDeque<Process>>,
    starting: AtomicUsize,
    home: OnceLock<Handle>,
}

/// How long a process may take to be ready.
const TIME_TO_START: Duration = Duration::from_secs(10);

impl Pool {
    pub(super) fn new(program: PathBuf, plan: Plan, size: usize) -> Self {
        let home = Handle::try_current().map_or_else(|_| OnceLock::new(), OnceLock::from);
        let (ready, starting) = (Mutex::default(), AtomicUsize::new(0));
        Self { program, plan, size, ready, starting, home }
    }

    /// A process that waits for its request, and has others take its place.
    pub(super) async fn take(self: &Arc<Self>) -> Result<Process, Broken> {
        let waiting = self.waiting();
        self.refill();
        match waiting {
            Some(process) => Ok(process),
            None => self.start(&self.plan).await,
        }
    }

    fn waiting(&self) -> Option<Process> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        // One that was killed from outside says nothing any more.
        std::iter::from_fn(|| ready.pop_front()).find_map(|mut process| {
            let alive = process.is_alive();
            alive.then_some(process)
        })
    }

    /// Starts as many as are missing, in the background.
    pub(super) fn refill(self: &Arc<Self>) {
        let Ok(current) = Handle::try_current() else { return };
        let home = self.home.get_or_init(|| current);
        let waiting = self.ready.lock().unwrap_or_else(PoisonError::into_inner).len();
        let missing = self.size.saturating_sub(waiting + self.starting.load(Ordering::SeqCst));
        for _ in 0..missing {
            let started = Starting::of(self);
            home.spawn(async move {
                let pool = &started.0;
                match pool.start(&pool.plan).await {
                    Ok(process) => pool.keep(process),
                    Err(error) => tracing::warn!(?error, "no process could be kept ready"),
                }
            });
        }
    }

    fn keep(&self, process: Process) {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.len() < self.size {
            ready.push_back(process);
        }
    }

    /// A process of its own with its first layers on.
    pub(super) async fn start(&self, plan: &Plan) -> Result<Process, Broken> {
        let home = self.home.get_or_init(Handle::current);
        let mut process = Process::spawn(&self.program, home)
            .map_err(|error| Broken::failed(format!("no process starts: {error}")))?;
        match tokio::time::timeout(TIME_TO_START, greet(&mut process, plan)).await {
            Ok(Ok(Ok(ready))) => {
                process.layers = ready.layers;
                Ok(process)
            }
            Ok(Ok(Err(refused))) => Err(Broken::Refused(refused)),
            Ok(Err(error)) => {
                let end = death::of(&mut process).await;
                Err(Broken::failed(format!("a process did not get ready: {error}; {end}")))
            }
            Err(_) => Err(Broken::failed("a process did not get ready in time")),
        }
    }
}

/// Counts a process that is being started.
struct Starting(Arc<Pool>);

impl Starting {
    fn of(pool: &Arc<Pool>) -> Self {
        pool.starting.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(pool))
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        self.0.starting.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What it is when it is ready, or the layer without which it does not become so.
async fn greet(
    process: &mut Process,
    plan: &Plan,
) -> std::io::Result<std::result::Result<Ready, String>> {
    let hello = encode(Kind::Hello, &Hello { version: VERSION, plan: *plan })?;
    super::converse::send(&process.socket, &hello, &[]).await?;
    let (kind, payload) = process.inbox.next(&process.socket).await?;
    match kind {
        Kind::Ready => {}
        Kind::End => {
            let end: End = decode(&payload)?;
            return match end.how {
                How::Refused(layer) => Ok(Err(layer)),
                how @ (How::Ran(_)
                | How::Compiled(_)
                | How::Unusable(_)
                | How::Probed(_)
                | How::Data(_)
                | How::Strategy(_)
                | How::Limit(_)
                | How::Stopped
                | How::Failed(_)) => Err(std::io::Error::other(format!("{how:?}"))),
            };
        }
        Kind::Hello
        | Kind::Run
        | Kind::Compile
        | Kind::Probe
        | Kind::Stop
        | Kind::Progress
        | Kind::Part => {
            return Err(std::io::Error::other(format!("its first word is {kind:?}")));
        }
    }
    let Versioned { version } = decode(&payload)?;
    if version != VERSION {
        return Err(std::io::Error::other(format!(
            "it speaks version {version}, and this process {VERSION}"
        )));
    }
    decode(&payload).map(Ok)
}
