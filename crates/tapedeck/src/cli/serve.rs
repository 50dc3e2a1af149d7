use tapedeck_config::Settings;
use tokio::signal::unix::{SignalKind, signal};

use crate::{build, logging};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    logging::init(&settings.logging);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let application = build(settings).await?;
    let stop = application.stop_token();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.cancel();
    });
    application.run().await
}
