use tapedeck_config::Settings;
use tokio::signal::unix::{SignalKind, signal};

use crate::{build, logging};

/// Serves until SIGTERM or SIGINT.
pub(super) async fn run(settings: Settings) -> anyhow::Result<()> {
    logging::init(&settings.logging);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let application = build(settings).await?;
    let handle = application.handle();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        handle.stop().await;
    });
    application.run().await
}
