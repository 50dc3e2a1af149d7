//! Seal what was added to the audit trail.

use std::sync::Arc;

use tapedeck_domain::audit::Head;
use tapedeck_domain::port::{AuditChain, Clock, HeadLog, Sealing, StorageError};

use super::SealPulse;

/// Seals what was added to the audit trail, and has its head known outside of the database.
pub struct AuditSeal {
    chain: Arc<dyn AuditChain>,
    heads: Arc<dyn HeadLog>,
    clock: Arc<dyn Clock>,
    pulse: SealPulse,
    /// How far heads are known to be outside.
    exported: Option<u64>,
    cut_reported: bool,
}

/// Entries that one transaction seals.
const BATCH: usize = 500;

impl AuditSeal {
    /// Over these ports.
    pub fn new(
        chain: Arc<dyn AuditChain>,
        heads: Arc<dyn HeadLog>,
        clock: Arc<dyn Clock>,
        pulse: SealPulse,
    ) -> Self {
        Self { chain, heads, clock, pulse, exported: None, cut_reported: false }
    }

    /// Seals what there is, and says how many entries it sealed itself. A head is outside before
    /// anything is sealed after it, whoever sealed it: so what is outside never lacks more than
    /// the last head, and a process that died before it wrote that is made up for by the next.
    ///
    /// # Errors
    /// A store failed. What was sealed stays sealed; the next pass goes on from there.
    pub async fn pass(&mut self) -> Result<usize, StorageError> {
        let mut sealed = 0;
        loop {
            let now = self.clock.now();
            let tip = self.chain.tip(now).await?;
            self.export(tip.head).await?;
            if !tip.waiting {
                self.pulse.beat(self.clock.monotonic());
                return Ok(sealed);
            }
            match self.chain.seal(tip.head, now, BATCH).await? {
                Sealing::Done { entries: 0, .. } | Sealing::Elsewhere => return Ok(sealed),
                Sealing::Done { head, entries } => {
                    sealed += entries;
                    self.export(head).await?;
                    self.pulse.beat(self.clock.monotonic());
                    tracing::info!(
                        audit.position = head.position, audit.hash = %head.hash, entries,
                        "audit trail sealed"
                    );
                }
            }
        }
    }

    async fn export(&mut self, head: Head) -> Result<(), StorageError> {
        let known = match self.exported {
            Some(known) => known,
            None => self.heads.last().await?.map_or(0, |last| last.position),
        };
        if head.position < known {
            self.report_cut(head.position, known);
        }
        // The first time even if nothing is new: an empty log gets its first line then.
        if self.exported.is_none() || head.position > known {
            self.heads.append(head).await?;
        }
        self.exported = Some(known.max(head.position));
        Ok(())
    }

    /// Once, and the work goes on: entries that are made now deserve to be sealed.
    fn report_cut(&mut self, position: u64, known: u64) {
        if !self.cut_reported {
            tracing::error!(
                audit.position = position,
                audit.known = known,
                "the audit trail ends before a head that was known: entries were removed"
            );
        }
        self.cut_reported = true;
    }
}
