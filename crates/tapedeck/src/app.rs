//! The application factory: settings in, a bound application out.

use std::net::SocketAddr;

use anyhow::Context as _;
use tapedeck_config::Settings;
use tapedeck_http::{HttpOptions, Server, ServerHandle, Services};

use crate::components::Components;

/// An application that has its port and its database, and does not serve yet.
pub struct Application {
    server: Server,
}

/// Builds the application: opens the data directory and the database, then takes the port.
///
/// # Errors
/// The first thing that is not usable, with its name.
pub async fn build(settings: Settings) -> anyhow::Result<Application> {
    let components = Components::open(&settings).await?;
    let services = Services { clock: components.clock, ids: components.ids };
    let options = HttpOptions {
        cors_origins: settings.server.cors_origins.clone(),
        max_body_bytes: settings.server.max_body_bytes,
    };
    let address = settings.server.address();
    let server = Server::bind(address, services, options)
        .with_context(|| format!("cannot listen on {address}"))?;
    Ok(Application { server })
}

impl Application {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Stops it from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// The server failed.
    pub async fn run(self) -> anyhow::Result<()> {
        tracing::info!(address = %self.address(), "serving");
        self.server.run().await.context("serving")
    }
}
