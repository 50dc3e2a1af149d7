//! What a server answers before it can serve: that it lives, and is not ready.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, get};
use actix_web::{App, HttpResponse, HttpServer};
use serde_json::json;
use tapedeck_domain::port::{Clock, Ids};
use tokio::task::JoinHandle;

use crate::health;
use crate::middleware::{faults, request_id};
use crate::problem::{Code, Problem};

/// What there is before everything else is.
#[derive(Clone)]
pub struct StartUp {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Request ids.
    pub ids: Arc<dyn Ids>,
}

/// A port that was taken, and answers while the rest of the server starts: a database may take
/// its time, and whoever watches over the process should not take it for dead.
pub struct Starting {
    address: SocketAddr,
    listener: TcpListener,
    handle: actix_web::dev::ServerHandle,
    served: JoinHandle<std::io::Result<()>>,
}

impl Starting {
    /// Takes the port and answers. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the system says: the port is in use, or may not be taken.
    pub fn bind(address: SocketAddr, start: StartUp) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(start.clone()))
                .route("/healthz", get().to(health::live))
                .route("/api/health/live", get().to(health::live))
                .route("/api/health", get().to(reach))
                .route("/api/health/ready", get().to(ready))
                .default_service(web::to(not_yet))
                .wrap(from_fn(faults))
                .wrap(from_fn(request_id))
        });
        // Connections end with their answers, so that none is left over for the server to come.
        let server = server.workers(1).keep_alive(KeepAlive::Disabled).disable_signals();
        let server = server.shutdown_timeout(1).listen(listener.try_clone()?)?.run();
        let handle = server.handle();
        Ok(Self { address, listener, handle, served: tokio::spawn(server) })
    }

    /// The address that was taken, with the real port where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops answering, and hands the port over: whoever connects meanwhile waits.
    pub async fn finish(self) -> TcpListener {
        self.handle.stop(true).await;
        // An error would say that it had stopped before.
        let _ = self.served.await;
        self.listener
    }
}

async fn reach(start: Data<StartUp>) -> HttpResponse {
    let timestamp = start.clock.now().to_string();
    let body = json!({"status": "degraded", "database": "unreachable", "timestamp": timestamp});
    HttpResponse::ServiceUnavailable().json(body)
}

async fn ready(start: Data<StartUp>) -> HttpResponse {
    let waiting = |detail: &str| json!({"status": "down", "detail": detail});
    HttpResponse::ServiceUnavailable().json(json!({
        "ready": false,
        "status": "not_ready",
        "state": "starting",
        "draining": false,
        "timestamp": start.clock.now().to_string(),
        "checks": {
            "database": waiting("the server is starting: the database is not open yet"),
            "migrations": waiting("the server is starting: the schema was not looked at yet"),
        },
    }))
}

async fn not_yet() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::Unavailable, "the server is starting"))
}
