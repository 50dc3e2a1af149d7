//! The application factory: settings in, a bound application out.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use tapedeck_config::{Role, Settings};
use tapedeck_domain::port::Isolation;
use tapedeck_http::{HttpOptions, Server};
use tapedeck_worker::{Pruner, Worker};
use tokio_util::sync::CancellationToken;

use crate::adapters::Adapters;
use crate::components::Components;
use crate::metrics::Scraper;
use crate::surroundings;

/// An application that has its port and its database, and does not serve yet.
pub struct Application {
    server: Server,
    worker: Option<Worker>,
    pruner: Option<Pruner>,
    isolation: Arc<dyn Isolation>,
    scraper: Arc<Scraper>,
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
    let scraper = components.scraper();
    let services = components.services(stop.clone(), &settings.server.cors_origins, &scraper);
    let options = HttpOptions {
        max_body_bytes: settings.server.max_body_bytes,
        health_only: settings.server.role == Role::Worker,
    };
    let address = settings.server.address();
    let server = Server::bind(address, services, options)
        .with_context(|| format!("cannot listen on {address}"))?;
    let worker = components.worker(&settings.executor);
    let pruner = worker.is_some().then(|| components.pruner(&settings.retention));
    let isolation = components.adapters.isolation.clone();
    Ok(Application { server, worker, pruner, isolation, scraper, stop })
}

impl Application {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it measures.
    pub(crate) fn scraper(&self) -> Arc<Scraper> {
        Arc::clone(&self.scraper)
    }

    /// Stops it from elsewhere, when it is cancelled.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Serves until it is stopped. From then on it is not ready, claims nothing and ends streams,
    /// but answers requests while runs under way end, or are handed back to the queue when the
    /// time for that is up; then the server stops, too.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address(), "serving");
        tokio::spawn(surroundings::log(self.isolation));
        let (stop, handle) = (self.stop, self.server.handle());
        let worker = self.worker.map(|worker| worker.run(stop.clone()));
        if let Some(pruner) = self.pruner {
            tokio::spawn(pruner.run(stop.clone()));
        }
        let draining = stop.clone();
        let drained = tokio::spawn(async move {
            match worker {
                Some(worker) => worker.await,
                None => draining.cancelled().await,
            }
        });
        let ended = tokio::spawn(async move {
            let drained = drained.await;
            handle.stop().await;
            drained
        });
        let served = self.server.run().await.context("serving");
        stop.cancel();
        ended.await.context("stopping broke off")?.context("the worker broke off")?;
        served
    }
}
