//! A guest in a run: what it leaves behind, however it ends.

use std::cell::RefCell;
use std::rc::Rc;

use super::broke::Broke;
use super::instance::Instance;
use super::log::Log;

/// What a guest leaves behind.
pub(super) struct Left {
    pub(super) fuel: u64,
    pub(super) log: Log,
    pub(super) broke: Option<Broke>,
}

/// Where the guest of the run itself leaves it; those of checks leave nothing.
pub(super) type Will = Option<Rc<RefCell<Option<Left>>>>;

/// A guest that runs until it breaks.
pub(super) struct Running {
    instance: Option<Instance>,
    broke: Option<Broke>,
    will: Will,
}

impl Running {
    pub(super) fn new(started: Result<Instance, Broke>, will: Will) -> Self {
        let (instance, broke) = match started {
            Ok(instance) => (Some(instance), None),
            Err(broke) => (None, Some(broke)),
        };
        Self { instance, broke, will }
    }

    /// Whether it has ended.
    #[inline]
    pub(super) const fn has_ended(&self) -> bool {
        self.broke.is_some()
    }

    /// Does something with it, if it has not ended. If it breaks, `place` says where.
    #[inline]
    pub(super) fn with<T>(
        &mut self,
        place: impl FnOnce() -> String,
        act: impl FnOnce(&mut Instance) -> Result<T, Broke>,
    ) -> Option<T> {
        let instance = self.instance.as_mut().filter(|_| self.broke.is_none())?;
        match act(instance) {
            Ok(done) => Some(done),
            Err(broke) => {
                self.broke = Some(broke.at(&place()));
                None
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let (Some(will), Some(instance)) = (&self.will, &mut self.instance) {
            let (fuel, log) = (instance.fuel(), std::mem::take(&mut instance.host().log));
            *will.borrow_mut() = Some(Left { fuel, log, broke: self.broke.take() });
        }
    }
}
