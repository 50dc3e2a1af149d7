use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tapedeck_domain::id::RequestId;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::Services;

/// One span a request, named by its id.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!("request", request.id = id)
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// One line a request, when it ends.
pub(crate) async fn request_line(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let services = req.app_data::<web::Data<Services>>().cloned();
    let monotonic =
        || services.as_ref().map(|services| services.clock.monotonic()).unwrap_or_default();
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let start = monotonic();
    let outcome = next.call(req).await;
    let duration_ms = (monotonic() - start).as_secs_f64() * 1000.0;
    let (status, route) = match &outcome {
        Ok(response) => (response.status(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    tracing::info!(
        http.method = %method,
        http.path = path,
        http.route = route,
        http.status = status.as_u16(),
        duration_ms,
        "request served"
    );
    outcome
}
