//! The place of a request in a trace.

use actix_web::HttpMessage as _;
use actix_web::dev::ServiceRequest;
use tapedeck_domain::port::Ids;
use tapedeck_domain::trace::TraceContext;

const HEADER: &str = "traceparent";

/// The span of the caller, in which the span of the request lies.
#[derive(Clone, Copy)]
pub(super) struct Caller(pub(super) TraceContext);

/// Goes on with the trace of the caller, or begins one. A header that cannot be read, or comes
/// twice, is as good as none.
pub(super) fn enter(req: &ServiceRequest, ids: &dyn Ids) {
    let mut headers = req.headers().get_all(HEADER);
    let caller = match (headers.next(), headers.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    let own = caller.map_or_else(
        || TraceContext::root(ids.next()),
        |caller: TraceContext| caller.child(ids.next()),
    );
    let mut extensions = req.extensions_mut();
    extensions.insert(own);
    if let Some(caller) = caller {
        extensions.insert(Caller(caller));
    }
}
