//! Bodies arrive within a time, or end in a problem: nobody holds a handler by sending slowly.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::{Method, header};
use futures_util::future::{Either, select};
use futures_util::stream::{StreamExt as _, unfold};
use tapedeck_domain::port::Clock;

use crate::problem::{Code, Problem};

/// Gives the body of a request so much time.
pub(super) fn limit(req: &mut ServiceRequest, clock: &Arc<dyn Clock>, time: Duration) {
    let has_body =
        matches!(*req.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    if !has_body || req.headers().contains_key(header::UPGRADE) {
        return;
    }
    let (payload, clock) = (req.take_payload(), Arc::clone(clock));
    let late = Box::pin(async move { clock.sleep(time).await });
    let timed = unfold(Some((payload, late)), |state| async {
        let (mut payload, late) = state?;
        match select(payload.next(), late).await {
            Either::Left((Some(chunk), late)) => Some((chunk, Some((payload, late)))),
            Either::Left((None, _)) => None,
            Either::Right(((), _)) => {
                Some((Err(PayloadError::Io(Error::from(ErrorKind::TimedOut))), None))
            }
        }
    });
    req.set_payload(Payload::Stream { payload: Box::pin(timed) });
}

/// The problem of a body that did not arrive in time; `None` where it is another fault.
pub(crate) fn too_slow(error: &PayloadError) -> Option<Problem> {
    let is_late = matches!(error, PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut);
    let detail = "the body did not arrive in time (server.body_timeout_ms)";
    is_late.then(|| Problem::new(Code::RequestTimeout, detail))
}
