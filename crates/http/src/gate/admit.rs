use std::net::IpAddr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tapedeck_application::{AccessError, Caller};

use super::credential::{caller, credential, forbidden, forget_ticket, refusal};
use super::rates::Standing;
use super::{Gate, body, host};
use crate::problem::{Code, Problem};
use crate::scopes::{Need, need, takes_ticket};
use crate::services::Services;

/// Lets a request through to its route, or refuses it. Who sent it is in its extensions then:
/// as `Caller`, and as the `Actor` of the audit trail and the log.
pub(crate) async fn admit<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let found = (req.app_data::<web::Data<Gate>>(), req.app_data::<web::Data<Services>>());
    let (Some(gate), Some(services)) = found else {
        return Err(actix_web::error::ErrorInternalServerError("no gate"));
    };
    let (gate, services) = (gate.clone(), services.clone());
    let mut standing = None;
    let admitted = gate.admit(&mut req, &services, &mut standing).await;
    let mut response = match admitted {
        Ok(()) => next.call(req).await?.map_into_left_body(),
        Err(problem) => req.error_response(problem).map_into_right_body(),
    };
    if let Some(standing) = standing {
        tell(&standing, response.headers_mut());
    }
    Ok(response)
}

impl Gate {
    async fn admit(
        &self,
        req: &mut ServiceRequest,
        services: &Services,
        standing: &mut Option<Standing>,
    ) -> Result<(), Problem> {
        body::limit(req, &services.clock, self.limits.body_timeout);
        self.check_size(req)?;
        // By the path that is routed by: that of the address may have letters written as numbers.
        let route = req.resource_map().match_pattern(req.match_info().as_str());
        let pattern = route.clone().unwrap_or_default();
        let is_health = pattern == "/healthz" || pattern.starts_with("/api/health");
        let is_stream = takes_ticket(req.method(), &pattern);
        let named = self.hosts.check_host(req, is_health)?;
        if host::is_guarded(req, is_stream) {
            self.hosts.check_origin(req, named.as_ref())?;
        }
        // Probes are answered however much is asked.
        if !is_health {
            let address = self.client(req.request());
            let now = services.clock.monotonic();
            within(self.rates.of_address(address, now), standing)?;
        }
        if let Need::Key(scope) = need(req.method(), &pattern) {
            let caller = self.caller(req, services, is_stream, standing).await?;
            if !caller.may(scope) {
                return Err(forbidden(scope));
            }
            req.extensions_mut().insert(caller.actor());
            req.extensions_mut().insert(caller);
        }
        // What the table was not asked about is routed nowhere.
        if route.is_none() {
            return Err(Problem::new(Code::NotFound, "no such path"));
        }
        if is_stream {
            forget_ticket(req);
        }
        Ok(())
    }

    fn check_size(&self, req: &ServiceRequest) -> Result<(), Problem> {
        let limits = &self.limits;
        let (uri, most) = (req.uri(), limits.max_url_bytes);
        let length = uri.path_and_query().map_or(0, |target| target.as_str().len());
        if length > most {
            let detail = format!("path and query are longer than {most} bytes");
            return Err(Problem::new(Code::UriTooLong, detail));
        }
        let headers = req.headers();
        let bytes: usize =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > limits.max_headers || bytes > limits.max_header_bytes {
            let (number, bytes) = (limits.max_headers, limits.max_header_bytes);
            let detail = format!("more than {number} headers, or than {bytes} bytes of them");
            return Err(Problem::new(Code::HeadersTooLarge, detail));
        }
        Ok(())
    }

    async fn caller(
        &self,
        req: &ServiceRequest,
        services: &Services,
        takes_ticket: bool,
        standing: &mut Option<Standing>,
    ) -> Result<Caller, Problem> {
        let address = self.client(req.request());
        // Where there are no keys, whatever is sent does not matter.
        if services.access.is_closed() == Some(false) {
            return Ok(Caller::Anonymous);
        }
        let credential = match credential(req, takes_ticket) {
            Ok(credential) => credential,
            Err(problem) => return Err(self.failed(problem, address, services, standing)),
        };
        match caller(services, credential).await {
            Ok(caller) => {
                let now = services.clock.monotonic();
                within(self.rates.of_key(caller.key(), address, now), standing)?;
                Ok(caller)
            }
            Err(error @ AccessError::Storage(_)) => Err(refusal(error, "")),
            Err(error) => {
                let problem = refusal(error, req.query_string());
                Err(self.failed(problem, address, services, standing))
            }
        }
    }

    /// Whoever fails too often is not even told why. Valid keys go through all the same, so that
    /// nobody is locked out by others behind the same address.
    fn failed(
        &self,
        problem: Problem,
        address: Option<IpAddr>,
        services: &Services,
        standing: &mut Option<Standing>,
    ) -> Problem {
        let now = services.clock.monotonic();
        within(self.rates.of_failure(address, now), standing).err().unwrap_or(problem)
    }
}

/// Of several limits, the client is told of the last one, or of the one that it has hit.
fn within(found: Option<Standing>, standing: &mut Option<Standing>) -> Result<(), Problem> {
    let Some(found) = found else { return Ok(()) };
    *standing = Some(found);
    if found.wait.is_none() {
        return Ok(());
    }
    let detail = format!("more than {} requests in a minute (limit: {})", found.quota, found.name);
    Err(Problem::new(Code::RateLimited, detail))
}

/// The names of draft-ietf-httpapi-ratelimit-headers.
fn tell(standing: &Standing, headers: &mut HeaderMap) {
    let Standing { name, quota, left, reset, wait } = standing;
    let policy = format!("\"{name}\";q={quota};w=60");
    let limit = format!("\"{name}\";r={left};t={}", reset.as_secs_f64().ceil());
    let mut put = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    };
    put(HeaderName::from_static("ratelimit-policy"), policy);
    put(HeaderName::from_static("ratelimit"), limit);
    if let Some(wait) = wait {
        put(header::RETRY_AFTER, format!("{}", wait.as_secs_f64().ceil().max(1.0)));
    }
}
