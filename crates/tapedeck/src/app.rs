//! The application factory: settings in, a bound application out.

use std::net::SocketAddr;

use anyhow::Context as _;
use tapedeck_config::Settings;
use tapedeck_http::{HttpOptions, Server};
use tapedeck_worker::{Pruner, Worker};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapters;
use crate::components::Components;

/// An application that has its port and its database, and does not serve yet.
pub struct Application {
    server: Server,
    worker: Worker,
    pruner: Pruner,
    stop: CancellationToken,
}

/// Builds the application: opens the data directory and the database, then takes the port.
///
/// # Errors
/// The first thing that is not usable, with its name.
pub async fn build(settings: Settings) -> anyhow::Result<Application> {
    let components = Components::open(&settings).await?;
    bind(&components, &settings)
}

/// The same application over adapters of the caller's choice.
///
/// # Errors
/// As for [`build`].
pub async fn build_over(adapters: Adapters, settings: Settings) -> anyhow::Result<Application> {
    let components = Components::over(adapters, &settings).await?;
    bind(&components, &settings)
}

fn bind(components: &Components, settings: &Settings) -> anyhow::Result<Application> {
    let stop = CancellationToken::new();
    let services = components.services(stop.clone(), &settings.server.cors_origins);
    let options = HttpOptions { max_body_bytes: settings.server.max_body_bytes };
    let address = settings.server.address();
    let server = Server::bind(address, services, options)
        .with_context(|| format!("cannot listen on {address}"))?;
    let worker = components.worker(&settings.executor);
    let pruner = components.pruner(&settings.retention);
    Ok(Application { server, worker, pruner, stop })
}

impl Application {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Stops it from elsewhere, when it is cancelled.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves until it is stopped: requests under way are answered, running backtests are handed
    /// back to the queue.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address(), "serving");
        let (stop, handle) = (self.stop, self.server.handle());
        let worker = tokio::spawn(self.worker.run(stop.clone()));
        tokio::spawn(self.pruner.run(stop.clone()));
        let stopped = stop.clone();
        tokio::spawn(async move {
            stopped.cancelled().await;
            handle.stop().await;
        });
        let served = self.server.run().await.context("serving");
        stop.cancel();
        worker.await.context("the worker broke off")?;
        served
    }
}
