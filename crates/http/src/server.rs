//! The server: bound first, then asked for its port, then run.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use tracing_actix_web::TracingLogger;

use crate::gate::{ClientLimits, Gate, HostOptions, admit};
use crate::middleware::{RequestSpan, faults, harden, head, request_id, request_line};
use crate::{Services, Tls, routes};

/// How long what a refused client still sends is read and thrown away. A connection that is closed
/// while the client writes is reset, and the answer that says why is lost with it.
const LINGER: Duration = Duration::from_secs(5);

/// How the API is served.
#[derive(Clone)]
pub struct HttpOptions {
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// Whether nothing but health is answered: the process runs jobs and serves no clients.
    pub health_only: bool,
    /// By which names it may be called, and by which pages.
    pub hosts: HostOptions,
    /// What holds for clients.
    pub clients: ClientLimits,
    /// What holds for connections.
    pub connections: ConnectionLimits,
    /// How connections are encrypted, if they are.
    pub tls: Option<Tls>,
}

/// What holds for connections.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Open at the same time; those beyond wait until others are closed.
    pub most: usize,
    /// How long the headers of a request may take to arrive.
    pub header_timeout: Duration,
    /// How long one is kept open between two requests.
    pub keep_alive: Duration,
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
        let (connections, tls) = (options.connections, options.tls.clone());
        let gate = Gate::new(options.clients.clone(), options.hosts.clone());
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let configure = if options.health_only { routes::health } else { routes::configure };
        // What happens to every request, the last line first.
        let server = HttpServer::new(move || {
            App::new()
                .app_data(web::Data::new(services.clone()))
                .app_data(web::Data::new(gate.clone()))
                .app_data(web::PayloadConfig::new(options.max_body_bytes))
                .configure(configure)
                .wrap(from_fn(admit))
                .wrap(cors(&options.hosts.origins))
                .wrap(from_fn(head))
                .wrap(from_fn(faults))
                .wrap(from_fn(harden))
                .wrap(from_fn(request_line))
                .wrap(TracingLogger::<RequestSpan>::new())
                .wrap(from_fn(request_id))
        });
        let server = server
            .workers(workers)
            .max_connections(connections.most.div_ceil(workers))
            .client_request_timeout(connections.header_timeout)
            .client_disconnect_timeout(LINGER)
            .keep_alive(connections.keep_alive)
            .disable_signals()
            .shutdown_timeout(5);
        let server = match tls {
            None => server.listen(listener)?,
            Some(Tls(config)) => server.listen_rustls_0_23(listener, config)?,
        };
        Ok(Self { address, server: server.run() })
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

/// What pages of other origins may see of answers.
const EXPOSED: [&str; 8] = [
    "etag",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "www-authenticate",
    "x-request-id",
];

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        .expose_headers(EXPOSED)
        .block_on_origin_mismatch(false)
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
