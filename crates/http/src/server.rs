//! The server: bound first, then asked for its port, then run.

use std::net::{SocketAddr, TcpListener};

use actix_cors::Cors;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tracing_actix_web::TracingLogger;

use crate::middleware::{RequestSpan, faults, request_id, request_line};
use crate::{Services, routes};

/// How the API is served.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// Whether nothing but health is answered: the process runs jobs and serves no clients.
    pub health_only: bool,
}

/// A server that listens and does not answer yet.
pub struct Server {
    address: SocketAddr,
    server: actix_web::dev::Server,
}

/// Stops a running server.
#[derive(Clone)]
pub struct ServerHandle(actix_web::dev::ServerHandle);

impl Server {
    /// On a port that was taken. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the system says.
    pub fn on(
        listener: TcpListener,
        services: Services,
        options: HttpOptions,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let configure = if options.health_only { routes::health } else { routes::configure };
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(services.clone()))
                .app_data(web::PayloadConfig::new(options.max_body_bytes))
                .configure(configure)
                .wrap(cors(&services.origins))
                .wrap(from_fn(faults))
                .wrap(from_fn(request_line))
                .wrap(TracingLogger::<RequestSpan>::new())
                .wrap(from_fn(request_id))
        })
        .disable_signals()
        .shutdown_timeout(5)
        .listen(listener)?
        .run();
        Ok(Self { address, server })
    }

    /// The address that was taken, with the real port where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops this server from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        ServerHandle(self.server.handle())
    }

    /// Answers until it is stopped.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self) -> std::io::Result<()> {
        self.server.await
    }
}

impl ServerHandle {
    /// Takes no new connections, lets requests end, and returns.
    pub async fn stop(&self) {
        self.0.stop(true).await;
    }
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers(["etag", "link", "location", "retry-after", "x-request-id"])
        .block_on_origin_mismatch(false)
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
