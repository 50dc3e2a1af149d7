use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tapedeck_config::Settings;

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
    let url = format!("http://{}/api/health/{question}", reachable(settings.server.address()));
    tapedeck_market_data::install_tls();
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let response = client.get(&url).send().await.with_context(|| format!("asking {url}"))?;
    let (status, body) = (response.status(), response.text().await.unwrap_or_default());
    println!("{body}");
    if !status.is_success() {
        bail!("the server is not {question} ({status})");
    }
    Ok(())
}

/// Where this machine reaches a server that listens there: on every address means on loopback,
/// too.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}
