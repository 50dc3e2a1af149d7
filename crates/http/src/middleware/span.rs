use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage as _};
use tapedeck_domain::id::RequestId;
use tapedeck_domain::trace::TraceContext;
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;

use super::trace::Caller;

/// One span a request, named by its id, from its head to the end of its answer. At the level of
/// errors, so that lines have it however little is logged.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let extensions = request.extensions();
        let id = extensions.get::<RequestId>().map(RequestId::as_str);
        let trace = extensions.get::<TraceContext>();
        let caller = extensions.get::<Caller>().map(|caller| caller.0.span_id());
        let not_sampled = trace.filter(|trace| !trace.is_sampled()).map(|_| false);
        tracing::error_span!(
            "request",
            request.id = id,
            trace.id = trace.map(TraceContext::trace_id),
            span.id = trace.map(TraceContext::span_id),
            parent.id = caller,
            trace.sampled = not_sampled,
            span.title = Empty,
            http.request.method = Empty,
            http.route = Empty,
            http.response.status_code = Empty,
            error.type = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}
