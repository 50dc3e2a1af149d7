//! Guest strategies from the command line: begin one, check a module, and bring it to a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tapedeck_config::Settings;
use tapedeck_domain::guest::{GuestMetadata, ModuleRef, printable};
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::{InspectError, ModuleInspector as _};
use tapedeck_domain::strategy::ParamSchema;

use super::client;
use super::kit::New;
use crate::adapters;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Write an example to begin with, ready to be built.
    New(New),
    /// Look into a module as a server would, without one; fails when it cannot be run.
    Check {
        /// The module.
        file: PathBuf,
    },
    /// Bring a module to a running server: as a new strategy, or as a new version of one.
    Push(Push),
}

#[derive(Args)]
pub(super) struct Push {
    /// The module.
    file: PathBuf,
    /// Name of the strategy: a-z, 0-9, `_` and `-`.
    #[arg(long)]
    id: StrategyId,
    /// The server, such as `http://127.0.0.1:8000`; the one of these settings when nothing is said.
    #[arg(long)]
    server: Option<String>,
}

pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    match action {
        Action::New(new) => new.run(),
        Action::Check { file } => check(&file, &settings).await,
        Action::Push(push) => push.run(&settings).await,
    }
}

fn read(file: &Path, settings: &Settings) -> anyhow::Result<Vec<u8>> {
    let module = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let (size, limit) = (module.len(), settings.sandbox.max_module_bytes);
    if size > limit {
        bail!("the module has {size} bytes, and sandbox.max_module_bytes is {limit}");
    }
    Ok(module)
}

async fn check(file: &Path, settings: &Settings) -> anyhow::Result<()> {
    let module: Arc<[u8]> = read(file, settings)?.into();
    let inspector = adapters::inspector(settings).await?;
    let metadata = match inspector.inspect(Arc::clone(&module)).await {
        Ok(metadata) => metadata,
        Err(InspectError::Unusable(why)) => bail!(unusable(file, &[why])),
        Err(error @ InspectError::Internal(_)) => return Err(error.into()),
    };
    if let Err(faults) = metadata.check() {
        bail!(unusable(file, &faults));
    }
    describe(&metadata, &module);
    Ok(())
}

fn unusable(file: &Path, faults: &[String]) -> String {
    let lines = faults.iter().map(|fault| format!("\n  {}", printable(fault, LONGEST)));
    format!("{} cannot be run:{}", file.display(), lines.collect::<String>())
}

/// Characters of what a module or a server says, at most.
const LONGEST: usize = 2_000;

#[expect(clippy::print_stdout, reason = "the output of a command")]
fn describe(metadata: &GuestMetadata, module: &[u8]) {
    println!("{}", metadata.name.as_deref().unwrap_or("a module without a name"));
    if let Some(description) = &metadata.description {
        println!("{description}");
    }
    println!("interface   {} ({:?})", metadata.abi, metadata.form);
    println!("bytes       {}", module.len());
    println!("sha256      {}", ModuleRef::of(module).content_hash);
    for ParamSchema { name, kind, min, max, step, default, description } in &metadata.params {
        let range = format!("from {min} to {max} by {step}, {default} when nothing is said");
        println!("parameter   {name}: {}, {range}. {description}", kind.as_str());
    }
}

/// Longer than a server takes to look into a module.
const PATIENCE: Duration = Duration::from_secs(60);

impl Push {
    #[expect(clippy::print_stdout, reason = "the output of a command")]
    async fn run(self, settings: &Settings) -> anyhow::Result<()> {
        let module = std::fs::read(&self.file);
        let module = module.with_context(|| format!("reading {}", self.file.display()))?;
        let own = client::own_url(&settings.server);
        let server = self.server.as_deref().unwrap_or(&own).trim_end_matches('/');
        let all = format!("{server}/api/v1/strategies");
        let (id, one) = (&self.id, format!("{all}/{}", self.id));
        let client = client::of(settings.client.key.as_ref(), PATIENCE)?.build()?;
        let asked = client.get(&one).send().await.with_context(|| format!("asking {one}"))?;
        let (method, url) = match asked.status() {
            StatusCode::NOT_FOUND => (Method::POST, format!("{all}?id={id}")),
            StatusCode::OK => (Method::PUT, one),
            _ => return Err(refusal(asked).await),
        };
        let request = client.request(method, &url).header("content-type", "application/wasm");
        let sent =
            request.body(module).send().await.with_context(|| format!("sending to {url}"))?;
        if !sent.status().is_success() {
            return Err(refusal(sent).await);
        }
        let stored: Value = serde_json::from_str(&sent.text().await?)?;
        println!("{id} version {}: {}", stored["version"], text(&stored["name"]));
        Ok(())
    }
}

/// What the server says against it.
async fn refusal(response: Response) -> anyhow::Error {
    let status = response.status();
    let body = response.text().await.unwrap_or_default();
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    let detail = match problem["detail"].as_str() {
        Some(detail) => printable(detail, LONGEST),
        None => "it gave no reason".to_owned(),
    };
    let errors = problem["errors"].as_array().into_iter().flatten();
    let lines = errors.map(|error| format!("\n  {}", text(&error["detail"])));
    anyhow::anyhow!("the server refused ({status}): {detail}{}", lines.collect::<String>())
}

fn text(value: &Value) -> String {
    printable(value.as_str().unwrap_or_default(), LONGEST)
}
