//! A body that knows when it ends.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;

use super::line::Ending;

/// A body that counts its bytes, and tells of its request when it was sent or given up.
pub(super) struct Measured {
    inner: BoxBody,
    ending: Ending,
    size: BodySize,
    bytes: u64,
    has_ended: bool,
}

impl Measured {
    pub(super) fn new(body: impl MessageBody + 'static, ending: Ending) -> Self {
        let size = body.size();
        Self { inner: body.boxed(), ending, size, bytes: 0, has_ended: false }
    }

    /// Whether the client was given all of it.
    fn is_whole(&self) -> bool {
        let has_all = match self.size {
            BodySize::None => true,
            BodySize::Sized(size) => self.bytes >= size,
            BodySize::Stream => self.has_ended,
        };
        has_all || !self.ending.expects_body()
    }
}

impl MessageBody for Measured {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let part = Pin::new(&mut self.inner).poll_next(context);
        match &part {
            Poll::Ready(Some(Ok(bytes))) => self.bytes += bytes.len() as u64,
            Poll::Ready(None) => self.has_ended = true,
            Poll::Ready(Some(Err(error))) => self.ending.broke_off(error.as_ref()),
            Poll::Pending => {}
        }
        part
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let is_whole = self.is_whole();
        self.ending.tell(self.bytes, is_whole);
    }
}
