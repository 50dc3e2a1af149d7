//! What is said and counted of every request when it ends, which of a stream is when that does.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::port::Clock;
use tracing::Span;

use super::body::Measured;
use crate::Services;
use crate::extract::requester;
use crate::gate::Gate;
use crate::problem::Problem;

/// The label of a request whose path no route has: paths are anybody's to choose.
const NO_ROUTE: &str = "none";

/// One line a request, when it ends.
pub(crate) async fn request_line<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(services) = req.app_data::<web::Data<Services>>() else {
        return Err(actix_web::error::ErrorInternalServerError("no services"));
    };
    let ending = Ending::begin(&req, Arc::clone(&services.clock));
    match next.call(req).await {
        Ok(response) => {
            let ending = ending.answered(&response);
            Ok(response.map_body(|_, body| Measured::new(body, ending)))
        }
        Err(error) => {
            ending.refused(&error);
            Err(error)
        }
    }
}

/// A request under way, and what there is to say of it when it ends.
pub(super) struct Ending {
    clock: Arc<dyn Clock>,
    start: Duration,
    span: Span,
    method: Method,
    path: String,
    peer: Option<IpAddr>,
    route: Option<String>,
    status: StatusCode,
    actor: Option<Actor>,
    problem: Option<&'static str>,
    cause: Option<Arc<str>>,
    is_reported: bool,
    is_stream: bool,
    is_broken: bool,
    is_told: bool,
}

impl Ending {
    fn begin(req: &ServiceRequest, clock: Arc<dyn Clock>) -> Self {
        metrics::gauge!("tapedeck_http_requests_in_flight").increment(1.0);
        Self {
            start: clock.monotonic(),
            clock,
            span: Span::current(),
            method: req.method().clone(),
            // Without the query, which may hold a ticket.
            path: req.path().to_owned(),
            peer: req.app_data::<web::Data<Gate>>().and_then(|gate| gate.client(req.request())),
            route: None,
            status: StatusCode::INTERNAL_SERVER_ERROR,
            actor: None,
            problem: None,
            cause: None,
            is_reported: false,
            is_stream: false,
            is_broken: false,
            is_told: false,
        }
    }

    fn answered<B: MessageBody>(mut self, response: &ServiceResponse<B>) -> Self {
        let request = response.request();
        self.status = response.status();
        self.route = request.match_pattern();
        self.actor = requester(request).ok().map(|requester| requester.actor);
        self.is_stream = response.response().body().size() == BodySize::Stream;
        if let Some(problem) = response.response().error().and_then(Error::as_error) {
            self.explain(problem);
        }
        self
    }

    fn refused(mut self, error: &Error) {
        self.status = error.as_response_error().status_code();
        if let Some(problem) = error.as_error() {
            self.explain(problem);
        }
        self.tell(0, true);
    }

    fn explain(&mut self, problem: &Problem) {
        self.problem = Some(problem.code().as_str());
        self.is_reported = problem.is_reported();
        self.cause = problem
            .cause()
            .or_else(|| self.status.is_server_error().then(|| problem.detail().into()));
    }

    /// The answer could not be given to its end.
    pub(super) fn broke_off(&mut self, error: &(dyn std::error::Error + 'static)) {
        self.is_broken = true;
        if let Some(problem) = error.downcast_ref::<Error>().and_then(Error::as_error) {
            self.explain(problem);
        }
        self.cause.get_or_insert_with(|| error.to_string().into());
    }

    /// Whether an answer to it has a body at all.
    pub(super) fn expects_body(&self) -> bool {
        self.method != Method::HEAD
    }

    /// Says and counts it.
    pub(super) fn tell(&mut self, bytes: u64, is_whole: bool) {
        self.is_told = true;
        let seconds = self.clock.monotonic().saturating_sub(self.start).as_secs_f64();
        self.count(seconds, bytes);
        self.span.in_scope(|| self.say(seconds * 1000.0, bytes, is_whole));
        self.describe();
    }

    fn count(&self, seconds: f64, bytes: u64) {
        let (method, route) = (self.method_label(), self.route_label());
        let labels = [
            ("method", method.to_owned()),
            ("route", route.to_owned()),
            ("status", self.status.as_u16().to_string()),
        ];
        metrics::gauge!("tapedeck_http_requests_in_flight").decrement(1.0);
        metrics::counter!("tapedeck_http_requests_total", &labels).increment(1);
        metrics::counter!("tapedeck_http_response_bytes_total").increment(bytes);
        if !self.is_stream {
            let name = "tapedeck_http_request_duration_seconds";
            metrics::histogram!(name, &labels[..2]).record(seconds);
        }
    }

    fn say(&self, duration_ms: f64, bytes: u64, is_whole: bool) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    http.method = %self.method,
                    http.path = self.path,
                    http.route = self.route,
                    http.status = self.status.as_u16(),
                    duration_ms,
                    bytes,
                    actor = self.actor.as_ref().map(Actor::as_str),
                    peer = self.peer.map(tracing::field::display),
                    problem = self.problem,
                    error = self.cause.as_deref(),
                    aborted = (!is_whole).then_some(true),
                    "request served"
                )
            };
        }
        if is_probe(&self.path) {
            line!(debug);
        } else if (self.status.is_server_error() || self.is_broken) && !self.is_reported {
            line!(error);
        } else {
            line!(info);
        }
    }

    /// Completes the span, which ends after this.
    fn describe(&self) {
        let (method, route) = (self.method_label(), self.route_label());
        self.span.record("span.title", format!("{method} {route}"));
        self.span.record("http.request.method", method);
        self.span.record("http.route", route);
        self.span.record("http.response.status_code", self.status.as_u16());
        if self.status.is_server_error() {
            self.span.record("error.type", self.problem.unwrap_or("internal"));
        }
    }

    fn route_label(&self) -> &str {
        self.route.as_deref().unwrap_or(NO_ROUTE)
    }

    /// Clients may make methods up.
    fn method_label(&self) -> &'static str {
        match self.method.as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            "OPTIONS" => "OPTIONS",
            _ => "other",
        }
    }
}

/// What proxies write for a request whose client went before there was an answer.
const CLIENT_WENT: u16 = 499;

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.is_told {
            self.status = StatusCode::from_u16(CLIENT_WENT).unwrap_or(self.status);
            self.tell(0, false);
        }
    }
}

/// What probes and scrapes ask for every few seconds, and nobody wants to read.
fn is_probe(path: &str) -> bool {
    matches!(
        path,
        "/healthz" | "/api/health" | "/api/health/live" | "/api/health/ready" | "/metrics"
    )
}
