//! Heads that are known outside, one by one.

use std::collections::VecDeque;
use std::sync::Arc;

use tapedeck_domain::audit::Head;
use tapedeck_domain::port::{AfterHeads, HeadLog, HeadMark, StorageError};

/// Reads the log of heads in pages.
pub(super) struct Heads {
    log: Arc<dyn HeadLog>,
    read: VecDeque<Head>,
    then: AfterHeads,
    /// Heads beyond this position were added since the look began.
    bound: u64,
}

/// What comes next in the log.
pub(super) enum Next {
    Head(Head),
    End,
    Damage(String),
}

const PAGE: usize = 500;

impl Heads {
    pub(super) fn new(log: Arc<dyn HeadLog>, bound: u64) -> Self {
        let then = AfterHeads::More(HeadMark::default());
        Self { log, read: VecDeque::new(), then, bound }
    }

    /// The next head, which stays the next one.
    pub(super) async fn peek(&mut self) -> Result<Next, StorageError> {
        loop {
            if let Some(head) = self.read.front() {
                let added_since = head.position > self.bound;
                return Ok(if added_since { Next::End } else { Next::Head(*head) });
            }
            match &self.then {
                AfterHeads::End => return Ok(Next::End),
                AfterHeads::Damage(detail) => return Ok(Next::Damage(detail.clone())),
                AfterHeads::More(mark) => {
                    let page = self.log.page(*mark, PAGE).await?;
                    self.read.extend(page.heads);
                    self.then = page.then;
                }
            }
        }
    }

    /// Goes past the head that is next.
    pub(super) fn pass(&mut self) {
        self.read.pop_front();
    }

    /// From now on, gives what was added since the look began, too. Says whether there is any.
    pub(super) fn unbind(&mut self) -> bool {
        self.bound = u64::MAX;
        !self.read.is_empty()
    }
}
