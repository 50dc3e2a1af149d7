//! Bodies arrive within a time, or end in a problem: nobody holds a handler by sending slowly.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::{Method, header};
use actix_web::web::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use tapedeck_domain::port::Clock;

use crate::problem::{Code, Problem};

/// Gives the body of a request so much time.
pub(super) fn limit(req: &mut ServiceRequest, clock: &Arc<dyn Clock>, time: Duration) {
    let has_body =
        matches!(*req.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    if !has_body || req.headers().contains_key(header::UPGRADE) {
        return;
    }
    let is_chunked = req.headers().contains_key(header::TRANSFER_ENCODING);
    let sleeper = Arc::clone(clock);
    let late = Box::pin(async move { sleeper.sleep(time).await });
    let payload = req.take_payload();
    let timed = Timed { payload, late, clock: Arc::clone(clock), is_chunked, is_read: false };
    req.set_payload(Payload::Stream { payload: Box::pin(timed) });
}

/// A body, and the time that it has.
struct Timed {
    payload: Payload,
    late: Pin<Box<dyn Future<Output = ()>>>,
    clock: Arc<dyn Clock>,
    is_chunked: bool,
    is_read: bool,
}

impl Stream for Timed {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(chunk) = self.payload.poll_next_unpin(cx) {
            self.is_read |= chunk.is_none();
            return Poll::Ready(chunk);
        }
        let late = || Some(Err(PayloadError::Io(Error::from(ErrorKind::TimedOut))));
        self.late.as_mut().poll(cx).map(|()| late())
    }
}

/// Bodies that nobody reads to their end, and when they may go.
type Unread = RefCell<VecDeque<(Duration, Payload)>>;

thread_local! {
    static UNREAD: Unread = const { RefCell::new(VecDeque::new()) };
}

/// Longer than it takes to write a short answer.
const KEPT: Duration = Duration::from_secs(5);
/// So many at a time.
const MOST: usize = 1024;

impl Drop for Timed {
    /// Where the rest of a body is given up that says its length as it goes, the connection reads
    /// on until that ends, which it may never do. Where it is only not read, the connection closes
    /// with the answer: so the rest is kept until then.
    fn drop(&mut self) {
        if self.is_read || !self.is_chunked {
            return;
        }
        let payload = std::mem::replace(&mut self.payload, Payload::None);
        let now = self.clock.monotonic();
        // An error only says that the thread ends, and its connections with it.
        let _ = UNREAD.try_with(|unread| {
            let mut unread = unread.borrow_mut();
            unread.push_back((now + KEPT, payload));
            while unread.front().is_some_and(|(until, _)| *until <= now) || unread.len() > MOST {
                unread.pop_front();
            }
        });
    }
}

/// The problem of a body that did not arrive in time; `None` where it is another fault.
pub(crate) fn too_slow(error: &PayloadError) -> Option<Problem> {
    let is_late = matches!(error, PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut);
    let detail = "the body did not arrive in time (server.body_timeout_ms)";
    is_late.then(|| Problem::new(Code::RequestTimeout, detail))
}
