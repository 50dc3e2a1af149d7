//! Whether a chain is sound, link by link, in little memory.

use std::collections::VecDeque;
use std::time::Duration;

use super::{AuditRecord, ChainHash, Fault, FaultKind, Head, Link, Sealed};
use crate::time::Timestamp;

/// Goes along a chain from its first link, and finds the first that is not sound.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    head: Head,
    order: Order,
}

impl ChainCheck {
    /// From the start. `lateness` is how long an entry may be overtaken by later ones; none means
    /// never.
    pub const fn new(lateness: Option<Duration>) -> Self {
        Self::after(Head::GENESIS, lateness)
    }

    /// From the link that follows `head` on.
    pub const fn after(head: Head, lateness: Option<Duration>) -> Self {
        Self { head, order: Order { lateness, overtaken: 0, recent: VecDeque::new() } }
    }

    /// The last link that was sound.
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Looks at the next link.
    ///
    /// # Errors
    /// What is wrong with it. A hash that is wrong may have several reasons, which
    /// [`Explanation`] tells apart.
    pub fn step(&mut self, sealed: &Sealed) -> Result<(), Fault> {
        let Link { place, hash } = sealed.link;
        let at = |kind, detail: String| Fault {
            kind,
            position: Some(place.position),
            seq: Some(place.seq),
            detail,
        };
        let expected = self.head.position + 1;
        if place.position != expected {
            return Err(self.gap(place.position));
        }
        let Some(record) = &sealed.record else {
            let detail = format!("the entry {} is in the chain, and gone", place.seq);
            return Err(at(FaultKind::EntryDeleted, detail));
        };
        if place.hash(self.head.hash, record) != hash {
            let detail = format!("the entry {} is not what was sealed", place.seq);
            return Err(at(FaultKind::EntryEdited, detail));
        }
        if self.order.is_late(place.seq, place.sealed_at) {
            let detail = format!("the entry {} was sealed long after later ones", place.seq);
            return Err(at(FaultKind::EntryInserted, detail));
        }
        self.head = sealed.link.into();
        Ok(())
    }

    fn gap(&self, found: u64) -> Fault {
        let expected = self.head.position + 1;
        let detail = if found > expected + 1 {
            format!("the positions {expected} to {} are missing from the chain", found - 1)
        } else {
            format!("the position {expected} is missing from the chain")
        };
        Fault { kind: FaultKind::LinkDeleted, position: Some(expected), seq: None, detail }
    }
}

/// Whether entries come in the order of their numbers, as far as they have to.
#[derive(Debug, Clone)]
struct Order {
    lateness: Option<Duration>,
    /// The highest number that was sealed so long ago that no lower one may follow.
    overtaken: u64,
    /// What was sealed since, each moment with the highest number.
    recent: VecDeque<(Timestamp, u64)>,
}

impl Order {
    fn is_late(&mut self, seq: u64, sealed_at: Timestamp) -> bool {
        let Some(lateness) = self.lateness else {
            let late = seq <= self.overtaken;
            self.overtaken = self.overtaken.max(seq);
            return late;
        };
        let limit = sealed_at.minus(lateness);
        while let Some((_, highest)) = self.recent.pop_front_if(|(moment, _)| *moment < limit) {
            self.overtaken = self.overtaken.max(highest);
        }
        match self.recent.back_mut() {
            Some((moment, highest)) if *moment == sealed_at => *highest = seq.max(*highest),
            Some(_) | None => self.recent.push_back((sealed_at, seq)),
        }
        seq < self.overtaken
    }
}

/// Finds out why a link has the wrong hash, by going along the whole chain once more.
#[derive(Debug, Clone)]
pub struct Explanation {
    previous: ChainHash,
    wrong: Sealed,
    fault: Fault,
    found: bool,
}

impl Explanation {
    /// Of `wrong`, which should follow `head` and was found to be an [`FaultKind::EntryEdited`].
    pub const fn new(head: Head, wrong: Sealed, fault: Fault) -> Self {
        Self { previous: head.hash, wrong, fault, found: false }
    }

    /// Looks at another link of the chain. Says whether that explains it.
    pub fn look(&mut self, other: &Sealed) -> bool {
        let Some(record) = &other.record else { return false };
        let place = self.wrong.link.place;
        if other.link.place.position == place.position + 1 && self.is_link_edited(other, record) {
            self.name(
                FaultKind::LinkEdited,
                "the link is not what it was, its entry is".to_owned(),
            );
        } else if other.link.place.position != place.position && self.is_moved(other, record) {
            let seq = other.link.place.seq;
            self.name(FaultKind::Reordered, format!("what was sealed here is now the entry {seq}"));
        }
        self.found
    }

    /// What is wrong, as far as it was found out.
    pub fn fault(self) -> Fault {
        self.fault
    }

    fn name(&mut self, kind: FaultKind, detail: String) {
        self.fault = Fault { kind, detail, ..self.fault.clone() };
        self.found = true;
    }

    /// The next link follows what this one should be, and not what it is.
    fn is_link_edited(&self, next: &Sealed, record: &AuditRecord) -> bool {
        let Some(own) = &self.wrong.record else { return false };
        let right = self.wrong.link.place.hash(self.previous, own);
        next.link.place.hash(right, record) == next.link.hash
    }

    /// The other entry was sealed at this place: under this number, or under its own, or its link
    /// was the one here.
    fn is_moved(&self, other: &Sealed, record: &AuditRecord) -> bool {
        let Link { place, hash } = self.wrong.link;
        let under_its_own = super::Place { seq: other.link.place.seq, ..place };
        let its_link = super::Place { position: place.position, ..other.link.place };
        place.hash(self.previous, record) == hash
            || under_its_own.hash(self.previous, record) == hash
            || its_link.hash(self.previous, record) == other.link.hash
    }
}
