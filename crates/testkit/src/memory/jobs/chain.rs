use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::audit::{Audited, Head, Sealed, seal};
use tapedeck_domain::port::{AuditChain, Sealing, StorageError, Tip, Unsealed};
use tapedeck_domain::time::Timestamp;

use super::{MemoryJobs, State};

impl State {
    fn tip(&self) -> Tip {
        let last = self.links.last();
        Tip {
            head: last.map_or(Head::GENESIS, |link| Head::from(*link)),
            anchor: last.map_or(0, |link| link.place.anchor),
            waiting: self.links.len() < self.trail.len(),
        }
    }

    /// Numbers are given in order, so what is not sealed is the end.
    fn waiting(&self) -> &[Audited] {
        &self.trail[self.links.len()..]
    }
}

#[async_trait]
impl AuditChain for MemoryJobs {
    async fn tip(&self, _: Timestamp) -> Result<Tip, StorageError> {
        Ok(self.lock().tip())
    }

    async fn seal(
        &self,
        head: Head,
        now: Timestamp,
        limit: usize,
    ) -> Result<Sealing, StorageError> {
        let mut state = self.lock();
        if state.tip().head != head {
            return Ok(Sealing::Elsewhere);
        }
        let entries = state.waiting().iter().take(limit);
        let records: Vec<_> = entries.map(|one| (one.seq, (&one.entry).into())).collect();
        let links = seal(head, records.iter().map(|(seq, record)| (*seq, record)), now);
        let entries = links.len();
        for link in links {
            let sealed = state.trail.iter_mut().find(|one| one.seq == link.place.seq);
            if let Some(sealed) = sealed {
                sealed.hash = Some(link.hash);
            }
            state.links.push(link);
        }
        Ok(Sealing::Done { head: state.tip().head, entries })
    }

    async fn page(&self, after: u64, limit: usize) -> Result<Vec<Sealed>, StorageError> {
        let state = self.lock();
        let rest = state.links.iter().filter(|link| link.place.position > after).take(limit);
        let sealed = rest.map(|link| {
            let entry = state.trail.iter().find(|one| one.seq == link.place.seq);
            Sealed { link: *link, record: entry.map(|one| (&one.entry).into()) }
        });
        Ok(sealed.collect())
    }

    async fn unsealed(&self) -> Result<Unsealed, StorageError> {
        let state = self.lock();
        let waiting = state.waiting();
        Ok(Unsealed {
            entries: waiting.len() as u64,
            oldest: waiting.iter().map(|one| one.entry.at).min(),
            overtaken: None,
        })
    }

    fn lateness(&self) -> Option<Duration> {
        None
    }
}
