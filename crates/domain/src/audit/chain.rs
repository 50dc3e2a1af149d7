//! The chain over the entries: each link has a hash over its entry and the hash before.

use super::hash::FieldHasher;
use super::{AuditRecord, ChainHash};
use crate::time::Timestamp;

/// Where an entry is in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1, 2, 3 and so on, without gaps, in the order of sealing.
    pub position: u64,
    /// The entry.
    pub seq: u64,
    /// The position whose hash was known outside of the database when this link was made.
    pub anchor: u64,
    /// When that was.
    pub sealed_at: Timestamp,
}

/// A link of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Where it is.
    pub place: Place,
    /// Its hash.
    pub hash: ChainHash,
}

/// A link with its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The link.
    pub link: Link,
    /// The entry that it names, if there is one.
    pub record: Option<AuditRecord>,
}

/// The end of a chain: whoever knows it can tell whether anything before it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Of the last link; 0 when there is none.
    pub position: u64,
    /// The entry of the last link.
    pub seq: u64,
    /// Of the last link.
    pub hash: ChainHash,
    /// When the last link was made.
    pub at: Timestamp,
}

impl Head {
    /// Of a chain without links.
    pub const GENESIS: Self =
        Self { position: 0, seq: 0, hash: ChainHash::GENESIS, at: Timestamp::from_nanos(0) };

    /// The hash of this head as a line of a log of heads, which follows the line with the hash
    /// `previous`.
    pub fn line_hash(&self, previous: ChainHash) -> ChainHash {
        let mut hasher = FieldHasher::new("tapedeck audit head 1");
        hasher.hash(previous);
        hasher.unsigned(self.position);
        hasher.unsigned(self.seq);
        hasher.hash(self.hash);
        hasher.signed(self.at.as_nanos());
        hasher.finish()
    }
}

impl From<Link> for Head {
    fn from(Link { place, hash }: Link) -> Self {
        Self { position: place.position, seq: place.seq, hash, at: place.sealed_at }
    }
}

impl Place {
    /// The hash of the link that has `record` at this place, after the link with the hash
    /// `previous`. This form never changes; another one gets another name.
    pub fn hash(&self, previous: ChainHash, record: &AuditRecord) -> ChainHash {
        let mut hasher = FieldHasher::new("tapedeck audit entry 1");
        hasher.hash(previous);
        hasher.unsigned(self.position);
        hasher.unsigned(self.seq);
        hasher.unsigned(self.anchor);
        hasher.signed(self.sealed_at.as_nanos());
        hasher.signed(record.at);
        hasher.text(&record.actor);
        hasher.text(&record.action);
        hasher.text(&record.subject);
        hasher.optional(record.request_id.as_deref());
        hasher.optional(record.before.as_deref());
        hasher.optional(record.after.as_deref());
        hasher.finish()
    }
}

/// The links that follow `head`, one for each of the entries, in their order. `head` is known
/// outside of the database.
pub fn seal<'a>(
    head: Head,
    entries: impl IntoIterator<Item = (u64, &'a AuditRecord)>,
    now: Timestamp,
) -> Vec<Link> {
    let mut previous = head;
    let links = entries.into_iter().map(|(seq, record)| {
        let (position, anchor) = (previous.position + 1, head.position);
        let place = Place { position, seq, anchor, sealed_at: now };
        let link = Link { place, hash: place.hash(previous.hash, record) };
        previous = link.into();
        link
    });
    links.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> AuditRecord {
        AuditRecord {
            at: 1_700_000_000_000_000_000,
            actor: "key:ann".to_owned(),
            action: "queue.pause".to_owned(),
            subject: "queue".to_owned(),
            request_id: Some("r-1".to_owned()),
            before: None,
            after: Some(r#"{"reason":"ünï"}"#.to_owned()),
        }
    }

    const PLACE: Place =
        Place { position: 2, seq: 7, anchor: 1, sealed_at: Timestamp::from_nanos(1_700_000_001) };

    #[test]
    fn the_canonical_form_stays_as_it_is() {
        assert_eq!(
            PLACE.hash(ChainHash::GENESIS, &record()).to_string(),
            "fa127ebc7f50a42a984a5ace1e1f017655f952aca3175f74cade940b51901b85",
        );
        assert_eq!(
            Head::GENESIS.line_hash(ChainHash::GENESIS).to_string(),
            "60c4b0645afb355e7cb35fafc5556e2ecc206bb0e02df139c3f710a302f07125",
        );
    }

    #[test]
    fn every_part_of_a_link_has_a_say_in_its_hash() {
        let mut hashes = vec![
            PLACE.hash(ChainHash::GENESIS, &record()),
            PLACE.hash(PLACE.hash(ChainHash::GENESIS, &record()), &record()),
        ];
        let places: [fn(&mut Place); 4] = [
            |place| place.position += 1,
            |place| place.seq += 1,
            |place| place.anchor += 1,
            |place| place.sealed_at = Timestamp::from_nanos(0),
        ];
        hashes.extend(places.map(|change| {
            let mut place = PLACE;
            change(&mut place);
            place.hash(ChainHash::GENESIS, &record())
        }));
        let records: [fn(&mut AuditRecord); 10] = [
            |record| record.at += 1,
            |record| record.actor.push('a'),
            |record| record.action.push('a'),
            |record| record.subject.push('a'),
            |record| record.request_id = None,
            |record| record.request_id = Some(String::new()),
            |record| record.before = Some(String::new()),
            |record| record.after = None,
            |record| std::mem::swap(&mut record.before, &mut record.after),
            // The same letters, in other fields.
            |record| {
                record.actor = "key:annqueue".to_owned();
                record.action = ".pause".to_owned();
            },
        ];
        hashes.extend(records.map(|change| {
            let mut changed = record();
            change(&mut changed);
            PLACE.hash(ChainHash::GENESIS, &changed)
        }));
        let different: std::collections::HashSet<_> = hashes.iter().collect();
        assert_eq!(different.len(), hashes.len());
    }

    #[test]
    fn links_follow_each_other_and_name_the_head_before_them() {
        let (first, second) = (record(), AuditRecord { before: Some(String::new()), ..record() });
        let now = Timestamp::from_nanos(5);
        let links = seal(Head::GENESIS, [(3, &first), (9, &second)], now);
        let place = |position, seq| Place { position, seq, anchor: 0, sealed_at: now };
        assert_eq!(
            links.iter().map(|link| link.place).collect::<Vec<_>>(),
            [place(1, 3), place(2, 9)]
        );
        assert_eq!(links[1].hash, place(2, 9).hash(links[0].hash, &second));
        let more = seal(links[1].into(), [(10, &first)], now);
        assert_eq!((more[0].place.position, more[0].place.anchor), (3, 2));
        assert_eq!(more[0].hash, more[0].place.hash(links[1].hash, &first));
    }

    #[test]
    fn hashes_are_read_as_they_are_written() {
        let hash = PLACE.hash(ChainHash::GENESIS, &record());
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for text in ["", "00", &"g".repeat(64), &hash.to_string().to_uppercase(), &"0".repeat(66)] {
            assert!(text.parse::<ChainHash>().is_err(), "{text}");
        }
    }
}
