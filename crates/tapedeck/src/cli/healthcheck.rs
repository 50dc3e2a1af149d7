use std::time::Duration;

use anyhow::{Context as _, bail};
use tapedeck_config::Settings;

/// Longer than readiness takes, whatever hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the server that these settings describe whether it is ready; fails when it is not.
#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    let url = format!("http://{}/api/health/ready", settings.server.address());
    tapedeck_market_data::install_tls();
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let response = client.get(&url).send().await.with_context(|| format!("asking {url}"))?;
    let (status, body) = (response.status(), response.text().await.unwrap_or_default());
    println!("{body}");
    if !status.is_success() {
        bail!("the server is not ready ({status})");
    }
    Ok(())
}
