use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::port::{BacktestRunner, DatasetStore, Ran, RunControl, RunError, RunRequest};
use tapedeck_domain::report::Report;
use tapedeck_domain::spec::Specification;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Semaphore;

use crate::in_process::unreadable;
use crate::wire::{Answer, Header, Shape, VERSION, write_bars, write_header};

/// Simulates in a process of its own, which shares nothing with this one: no memory, no caches,
/// no environment. How far it is cannot be seen from outside.
pub struct FreshProcess {
    program: PathBuf,
    datasets: Arc<dyn DatasetStore>,
    places: Semaphore,
}

/// The subcommand of the program that answers with [`run_one`](crate::run_one).
pub const SUBCOMMAND: &str = "run-one";

/// Processes at once; each holds its bars in memory once more.
const AT_ONCE: usize = 2;
/// Largest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 30;
/// Between two looks at whether the run was stopped.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl FreshProcess {
    /// Starts `program`, which is this server's own, and takes bars from `datasets`.
    pub fn new(program: PathBuf, datasets: Arc<dyn DatasetStore>) -> Self {
        Self { program, datasets, places: Semaphore::new(AT_ONCE) }
    }

    async fn bars(&self, spec: &Specification) -> Result<Vec<(String, Arc<Bars>)>, RunError> {
        let mut found: Vec<(String, Arc<Bars>)> = Vec::new();
        for hash in spec.datasets().map(|dataset| &dataset.content_hash) {
            if found.iter().any(|(known, _)| known == hash) {
                continue;
            }
            let bars = self.datasets.open(hash).await.map_err(unreadable)?;
            let bars = bars.ok_or_else(gone)?;
            found.push((hash.clone(), bars));
        }
        Ok(found)
    }

    /// The process: killed when it is dropped, and with an environment that is empty.
    #[expect(clippy::disallowed_methods, reason = "this crate starts processes")]
    fn start(&self) -> Result<Child, RunError> {
        Command::new(&self.program)
            .arg(SUBCOMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(internal)
    }
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RunError {
    RunError::Internal(error.into())
}

fn gone() -> RunError {
    RunError::Data("its bars are not in the store".to_owned())
}

#[async_trait]
impl BacktestRunner for FreshProcess {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let _place = self.places.acquire().await.map_err(internal)?;
        let patience = Duration::from_millis(request.limits.timeout_ms).saturating_add(GRACE);
        let datasets = self.bars(&request.spec).await?;
        let spec = request.spec.clone();
        let message = tokio::task::spawn_blocking(move || message(spec, &datasets));
        let message = message.await.map_err(internal)?.map_err(internal)?;
        let child = self.start()?;
        let talk = converse(child, message, &request.control);
        match tokio::time::timeout(patience, talk).await {
            Ok(answer) => answer.map(Ran::from),
            Err(_) => Err(internal("the process took longer than its limit")),
        }
    }
}

/// For starting the process and handing it the bars, beside the time of the run.
const GRACE: Duration = Duration::from_secs(30);

fn message(
    specification: Specification,
    datasets: &[(String, Arc<Bars>)],
) -> std::io::Result<Vec<u8>> {
    let shapes = datasets.iter().map(|(hash, bars)| Shape::of(hash, bars.view())).collect();
    let mut bytes = Vec::new();
    write_header(&mut bytes, &Header { version: VERSION, specification, datasets: shapes })?;
    datasets.iter().try_for_each(|(_, bars)| write_bars(&mut bytes, bars.view()))?;
    Ok(bytes)
}

async fn converse(
    mut child: Child,
    message: Vec<u8>,
    control: &RunControl,
) -> Result<Report, RunError> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(internal("the process has no pipes"));
    };
    // A process that ended early has not read everything; how it ended says more than that.
    let sent = input.write_all(&message).await;
    drop(message);
    let mut text = Vec::new();
    let mut output = output.take(MAX_ANSWER);
    let reading = output.read_to_end(&mut text);
    tokio::select! {
        read = reading => read.map_err(internal)?,
        never = until_stopped(input, control) => match never {},
    };
    let status = child.wait().await.map_err(internal)?;
    if !status.success() {
        return Err(internal(format!("the process ended with {status}")));
    }
    sent.map_err(internal)?;
    let parsed = tokio::task::spawn_blocking(move || serde_json::from_slice(&text));
    match parsed.await.map_err(internal)?.map_err(internal)? {
        Answer::Report(report) => Ok(*report),
        Answer::Data(detail) => Err(RunError::Data(detail)),
        Answer::Strategy(detail) => Err(RunError::Strategy(detail)),
    }
}

/// Keeps the pipe open until the run is to stop; the process sees its end and does so.
async fn until_stopped(input: ChildStdin, control: &RunControl) -> std::convert::Infallible {
    while !control.is_stopped() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    drop(input);
    std::future::pending().await
}
