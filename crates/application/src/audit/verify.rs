//! Find out whether anybody changed the audit trail.

use std::sync::Arc;

use futures_util::lock::Mutex;
use tapedeck_domain::audit::{
    ChainCheck, Explanation, Fault, FaultKind, Head, Sealed, Verification,
};
use tapedeck_domain::port::{AuditChain, Clock, HeadLog, StorageError, Tip, Unsealed};
use tapedeck_domain::time::Timestamp;

use super::heads::{Heads, Next};

/// Find out whether anybody changed the audit trail.
#[derive(Clone)]
pub struct AuditVerify {
    chain: Arc<dyn AuditChain>,
    heads: Arc<dyn HeadLog>,
    clock: Arc<dyn Clock>,
    /// One at a time: each reads all there is.
    turn: Arc<Mutex<()>>,
}

/// Links that are read at a time.
const PAGE: usize = 500;

impl AuditVerify {
    /// Over these ports.
    pub fn new(chain: Arc<dyn AuditChain>, heads: Arc<dyn HeadLog>, clock: Arc<dyn Clock>) -> Self {
        Self { chain, heads, clock, turn: Arc::default() }
    }

    /// Computes the whole chain anew and compares it with the heads that are known outside, beside
    /// those who add to it; whoever asks meanwhile waits for its turn. If all is well and the last
    /// head is not outside yet, because a process ended before it wrote it, it is now.
    ///
    /// # Errors
    /// A store failed: nothing is known.
    pub async fn verify(&self) -> Result<Verification, StorageError> {
        let _turn = self.turn.lock().await;
        // In this order: what is outside was in the chain before.
        let tip = self.chain.tip(self.clock.now()).await?;
        let outside = self.heads.last().await?;
        let bound = outside.map_or(0, |head| head.position);
        let mut look = Look {
            chain: self.chain.as_ref(),
            check: ChainCheck::new(self.chain.lateness()),
            heads: Heads::new(self.heads.clone(), bound),
        };
        let fault = look.first_fault(&tip, outside).await?;
        let head = look.check.head();
        let unsealed = self.chain.unsealed().await?;
        let now = self.clock.now();
        let fault = fault.or_else(|| self.inserted(&unsealed, now));
        if fault.is_none() && head.position > bound {
            self.heads.append(head).await?;
        }
        let oldest_age_ms = unsealed.oldest.map(|oldest| now.millis_since(oldest));
        Ok(Verification { entries: head.position, head, fault, unsealed, oldest_age_ms })
    }

    /// The entry that was never sealed, though it should have been before others.
    fn inserted(&self, unsealed: &Unsealed, now: Timestamp) -> Option<Fault> {
        let overtaken = unsealed.overtaken?;
        let is_late =
            self.chain.lateness().is_none_or(|lateness| overtaken.since < now.minus(lateness));
        is_late.then(|| Fault {
            kind: FaultKind::EntryInserted,
            position: None,
            seq: Some(overtaken.seq),
            detail: format!(
                "the entry {} is not in the chain, though later ones are, since {}",
                overtaken.seq, overtaken.since
            ),
        })
    }
}

/// One look at the whole chain.
struct Look<'a> {
    chain: &'a dyn AuditChain,
    check: ChainCheck,
    heads: Heads,
}

impl Look<'_> {
    async fn first_fault(
        &mut self,
        tip: &Tip,
        outside: Option<Head>,
    ) -> Result<Option<Fault>, StorageError> {
        let begins = self.begins(tip).await?;
        if let Some(fault) = self.links().await? {
            return Ok(Some(fault));
        }
        if begins.is_some() {
            return Ok(begins);
        }
        let (known, damage) = self.rest().await?;
        let head = self.check.head().position;
        if let Some(known) = known.filter(|known| known.position > head) {
            return Ok(Some(cut(head, known)));
        }
        let last = outside.map_or(0, |outside| outside.position);
        Ok(damage.or_else(|| lacking(last, tip.anchor)))
    }

    /// The log of heads begins with the start of the chain, before anything is sealed. What is
    /// wrong with that is said when the chain itself has no fault.
    async fn begins(&mut self, tip: &Tip) -> Result<Option<Fault>, StorageError> {
        let detail = match self.heads.peek().await? {
            Next::Head(head) if head == Head::GENESIS => {
                self.heads.pass();
                return Ok(None);
            }
            Next::Head(head) => format!("the log of heads begins at position {}", head.position),
            Next::Damage(detail) => return Ok(Some(of_log(FaultKind::HeadLogDamaged, detail))),
            Next::End if tip.head.position == 0 => return Ok(None),
            Next::End => "there is no log of heads, though there is a chain".to_owned(),
        };
        Ok(Some(of_log(FaultKind::HeadLogMissing, detail)))
    }

    async fn links(&mut self) -> Result<Option<Fault>, StorageError> {
        loop {
            let page = self.chain.page(self.check.head().position, PAGE).await?;
            for sealed in &page {
                let before = self.check.head();
                if let Err(fault) = self.check.step(sealed) {
                    return Ok(Some(self.explain(before, sealed, fault).await?));
                }
                if let Some(fault) = self.compare().await? {
                    return Ok(Some(fault));
                }
            }
            if page.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Compares the link that was just found sound with what is outside about it.
    async fn compare(&mut self) -> Result<Option<Fault>, StorageError> {
        let head = self.check.head();
        loop {
            match self.heads.peek().await? {
                Next::Head(known) if known.position > head.position => return Ok(None),
                Next::Head(known) if known.position == head.position && known != head => {
                    return Ok(Some(swapped(known)));
                }
                Next::Head(_) => self.heads.pass(),
                // Said when the chain itself has no fault.
                Next::End | Next::Damage(_) => return Ok(None),
            }
        }
    }

    /// The last head that was known when the look began, and what is wrong with the rest of the
    /// log, with what was added since.
    async fn rest(&mut self) -> Result<(Option<Head>, Option<Fault>), StorageError> {
        let mut known = None;
        loop {
            match self.heads.peek().await? {
                Next::Head(head) => {
                    known = Some(head);
                    self.heads.pass();
                }
                Next::End if self.heads.unbind() => {
                    return Ok((known, self.added().await?));
                }
                Next::End => return Ok((known, None)),
                Next::Damage(detail) => {
                    return Ok((known, Some(of_log(FaultKind::HeadLogDamaged, detail))));
                }
            }
        }
    }

    /// What is wrong with what was added since the look began.
    async fn added(&mut self) -> Result<Option<Fault>, StorageError> {
        loop {
            match self.heads.peek().await? {
                Next::Head(_) => self.heads.pass(),
                Next::End => return Ok(None),
                Next::Damage(detail) => return Ok(Some(of_log(FaultKind::HeadLogDamaged, detail))),
            }
        }
    }

    /// A wrong hash may have several reasons; the whole chain says which.
    async fn explain(
        &self,
        before: Head,
        wrong: &Sealed,
        fault: Fault,
    ) -> Result<Fault, StorageError> {
        if fault.kind != FaultKind::EntryEdited {
            return Ok(fault);
        }
        let mut explanation = Explanation::new(before, wrong.clone(), fault);
        let mut position = 0;
        loop {
            let page = self.chain.page(position, PAGE).await?;
            let Some(last) = page.last() else { return Ok(explanation.fault()) };
            position = last.link.place.position;
            if page.iter().any(|other| explanation.look(other)) {
                return Ok(explanation.fault());
            }
        }
    }
}

fn of_log(kind: FaultKind, detail: String) -> Fault {
    Fault { kind, position: None, seq: None, detail }
}

fn swapped(known: Head) -> Fault {
    Fault {
        kind: FaultKind::HeadSwapped,
        position: Some(known.position),
        seq: Some(known.seq),
        detail: format!(
            "the hash that is known outside is {}: the chain was made anew",
            known.hash
        ),
    }
}

fn cut(end: u64, outside: Head) -> Fault {
    Fault {
        kind: FaultKind::TailCut,
        position: Some(end + 1),
        seq: None,
        detail: format!(
            "the chain ends at position {end}; position {} of {} is known outside",
            outside.position, outside.at
        ),
    }
}

/// A head is outside before anything is sealed after it.
fn lacking(last: u64, anchor: u64) -> Option<Fault> {
    let detail = || {
        format!("the log of heads ends at position {last}; it had reached {anchor}: lines are gone")
    };
    (last < anchor).then(|| of_log(FaultKind::HeadLogDamaged, detail()))
}
