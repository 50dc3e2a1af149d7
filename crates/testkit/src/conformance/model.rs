//! The store of jobs as a state machine: the adapter in memory says what any sequence of calls
//! comes to, and another must answer and look alike after each of them.

mod call;
mod operation;
mod view;

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt as _;
use proptest::prelude::{BoxedStrategy, Just, Strategy as _};
use proptest_state_machine::ReferenceStateMachine;
use tapedeck_domain::time::Timestamp;

pub use operation::Operation;

use self::call::{Answer, Call};
use self::view::View;
use super::Jobs;
use crate::builders::{day, lease};
use crate::memory::MemoryJobs;

/// What the store must be like after the calls that were made.
#[derive(Default)]
pub struct Model {
    memory: Arc<MemoryJobs>,
    /// Seconds that the clock was moved, forth or back.
    clock: i64,
    submitted: u64,
    leases: u64,
    last: Option<(Call, Answer)>,
}

impl Clone for Model {
    /// With jobs of its own.
    fn clone(&self) -> Self {
        let (memory, last) = (Arc::new(MemoryJobs::clone(&self.memory)), self.last.clone());
        Self { memory, last, ..*self }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the model after {} submissions", self.submitted)
    }
}

impl Model {
    /// Makes the call that was made of the model last of another store, too.
    ///
    /// # Panics
    /// When it answers differently, or looks different afterwards.
    pub async fn agrees_with(&self, jobs: &Jobs) {
        let Some((call, expected)) = &self.last else { return };
        assert_eq!(call.make(jobs).await, *expected, "the answer to {call:?}");
        let model = View::of(&self.jobs(), self.now()).await;
        assert_eq!(View::of(jobs, self.now()).await, model, "after {call:?}");
    }

    fn jobs(&self) -> Jobs {
        Jobs::over(Arc::clone(&self.memory), ())
    }

    fn now(&self) -> Timestamp {
        day(10).saturating_add_nanos(self.clock * 1_000_000_000)
    }

    /// In so many seconds.
    fn later(&self, seconds: i64) -> Timestamp {
        self.now().saturating_add_nanos(seconds * 1_000_000_000)
    }

    fn next_lease(&mut self) -> tapedeck_domain::job::Lease {
        self.leases += 1;
        lease(self.leases)
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Operation;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Operation> {
        operation::any()
    }

    fn apply(mut model: Self, operation: &Operation) -> Self {
        // Nothing in memory waits for anything.
        let call = model.call(operation).now_or_never().unwrap();
        let answer = call.make(&model.jobs()).now_or_never().unwrap();
        model.last = Some((call, answer));
        model
    }
}
