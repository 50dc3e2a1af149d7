use clap::{Args, ValueEnum};
use tapedeck_config::{Role, Settings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::{build, export, logging};

#[derive(Args)]
pub(super) struct Options {
    /// What this process does; wins over the setting `server.role`.
    #[arg(long, value_enum)]
    role: Option<RoleName>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    /// Answer requests and run backtests.
    All,
    /// Answer requests only.
    Api,
    /// Run backtests, and answer for its health only.
    Worker,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::All => Self::All,
            RoleName::Api => Self::Api,
            RoleName::Worker => Self::Worker,
        }
    }
}

/// Serves until SIGTERM or SIGINT, which stop it gracefully; the second of them ends it at once.
pub(super) async fn run(options: Options, mut settings: Settings) -> anyhow::Result<()> {
    let spans = logging::init(&settings.logging, &settings.telemetry);
    let telemetry = settings.telemetry.clone();
    if let Some(role) = options.role {
        settings.set_role(role.into());
    }
    let mut wishes = Wishes::listen()?;
    let application = tokio::select! {
        built = build(settings) => built?,
        // Nothing runs yet that could be drained.
        _ = wishes.next() => return Ok(()),
    };
    tokio::spawn(heed(wishes, application.stop_token()));
    let exporter = match spans {
        Some(spans) => Some(export::start(spans, &telemetry, application.scraper())?),
        None => None,
    };
    let served = application.run().await;
    if let Some(exporter) = exporter {
        exporter.finish().await;
    }
    served
}

async fn heed(mut wishes: Wishes, stop: CancellationToken) {
    wishes.next().await;
    tracing::info!("stopping; a second signal ends the process at once");
    stop.cancel();
    let code = wishes.next().await;
    tracing::warn!("stopped by a second signal; what runs will be found lost and run again");
    std::process::exit(code);
}

/// Signals that ask for the end of the process.
struct Wishes {
    terminate: Signal,
    interrupt: Signal,
}

impl Wishes {
    fn listen() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next, and gives the exit code of a process that it ends: 128 and its number.
    async fn next(&mut self) -> i32 {
        let kind = tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
        };
        128 + kind.as_raw_value()
    }
}
