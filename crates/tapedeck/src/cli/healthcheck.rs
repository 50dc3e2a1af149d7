use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tapedeck_config::Settings;

use super::client;

/// Longer than readiness takes, whatever hangs.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(super) struct Options {
    /// Ask only whether it lives: a server that is starting, or whose database is away, does.
    #[arg(long)]
    live: bool,
}

/// Asks the server that these settings describe whether it is ready; fails when it is not.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(options: Options, settings: Settings) -> anyhow::Result<()> {
    let question = if options.live { "live" } else { "ready" };
    let url = format!("{}/api/health/{question}", client::own_url(&settings.server));
    // It asks this machine, which nobody can stand in for, and tells no secret.
    let client = client::of(None, PATIENCE)?.tls_danger_accept_invalid_certs(true).build()?;
    let response = client.get(&url).send().await.with_context(|| format!("asking {url}"))?;
    let (status, body) = (response.status(), response.text().await.unwrap_or_default());
    println!("{body}");
    if !status.is_success() {
        bail!("the server is not {question} ({status})");
    }
    Ok(())
}
