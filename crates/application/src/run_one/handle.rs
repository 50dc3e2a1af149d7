//! A run, as others reach it.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;
use tapedeck_domain::port::RunControl;

/// Why a run is stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// Somebody asked for its end.
    Cancel,
    /// Its time is up.
    Timeout,
    /// The worker goes away: the job is handed back.
    Shutdown,
    /// The job belongs to another worker now: nothing may be written.
    LeaseLost,
}

/// Stops a run from elsewhere, or has it look after its job. The first cause of a stop holds, but
/// for a lost lease, which always does.
#[derive(Debug, Clone, Default)]
pub struct RunHandle {
    pub(super) control: Arc<RunControl>,
    cause: Arc<Mutex<Option<StopCause>>>,
    nudge: Arc<Nudge>,
}

/// One word to one listener; words that he has not heard yet are one.
#[derive(Debug, Default)]
struct Nudge {
    given: AtomicBool,
    listener: AtomicWaker,
}

impl RunHandle {
    /// Stops the run.
    pub fn stop(&self, cause: StopCause) {
        {
            let mut known = self.lock();
            if known.is_none() || cause == StopCause::LeaseLost {
                *known = Some(cause);
            }
        }
        self.control.stop();
    }

    /// Says that its job may have changed.
    pub fn nudge(&self) {
        self.nudge.given.store(true, Ordering::Release);
        self.nudge.listener.wake();
    }

    /// Waits for the next nudge. One listener at a time.
    pub(super) async fn nudged(&self) {
        poll_fn(|context| {
            self.nudge.listener.register(context.waker());
            if self.nudge.given.swap(false, Ordering::AcqRel) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    pub(super) fn cause(&self) -> Option<StopCause> {
        *self.lock()
    }

    pub(super) fn has_lost_its_lease(&self) -> bool {
        self.cause() == Some(StopCause::LeaseLost)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<StopCause>> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
