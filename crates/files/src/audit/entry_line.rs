//! Lines of a segment of the archive.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tapedeck_domain::audit::{AuditRecord, ChainHash, Link, Place, Sealed};
use tapedeck_domain::port::Segment;
use tapedeck_domain::time::Timestamp;

/// What the lines are.
const FORMAT: &str = "tapedeck audit 1";

/// The first line: which part of the chain follows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    format: String,
    pub(super) from: u64,
    pub(super) to: u64,
    previous: String,
    head: String,
}

impl Header {
    pub(super) fn of(segment: &Segment) -> Option<Self> {
        let (first, last) = (segment.links.first()?.link, segment.links.last()?.link);
        Some(Self {
            format: FORMAT.to_owned(),
            from: first.place.position,
            to: last.place.position,
            previous: segment.previous.to_string(),
            head: last.hash.to_string(),
        })
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok().filter(|header: &Self| header.format == FORMAT)
    }

    /// The hashes before the first link and of the last.
    pub(super) fn hashes(&self) -> Option<(ChainHash, ChainHash)> {
        Some((self.previous.parse().ok()?, self.head.parse().ok()?))
    }

    pub(super) fn line(&self) -> String {
        line(self)
    }
}

/// A link and its entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    position: u64,
    seq: u64,
    anchor: u64,
    sealed_at: String,
    hash: String,
    entry: Option<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    time: String,
    actor: String,
    action: String,
    subject: String,
    request_id: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
}

impl EntryLine {
    pub(super) fn write(sealed: &Sealed) -> String {
        let Link { place, hash } = sealed.link;
        line(&Self {
            position: place.position,
            seq: place.seq,
            anchor: place.anchor,
            sealed_at: place.sealed_at.to_string(),
            hash: hash.to_string(),
            entry: sealed.record.as_ref().map(Entry::of),
        })
    }

    pub(super) fn read(line: &str) -> Option<Sealed> {
        let read: Self = serde_json::from_str(line).ok()?;
        let place = Place {
            position: read.position,
            seq: read.seq,
            anchor: read.anchor,
            sealed_at: read.sealed_at.parse::<Timestamp>().ok()?,
        };
        let record = match read.entry {
            None => None,
            Some(entry) => Some(entry.record()?),
        };
        Some(Sealed { link: Link { place, hash: read.hash.parse().ok()? }, record })
    }
}

impl Entry {
    fn of(record: &AuditRecord) -> Self {
        // What is no JSON was edited; it is kept, and does not have the hash that it should.
        let json = |text: &String| {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        };
        Self {
            time: Timestamp::from_nanos(record.at).to_string(),
            actor: record.actor.clone(),
            action: record.action.clone(),
            subject: record.subject.clone(),
            request_id: record.request_id.clone(),
            before: record.before.as_ref().map(json),
            after: record.after.as_ref().map(json),
        }
    }

    fn record(self) -> Option<AuditRecord> {
        Some(AuditRecord {
            at: self.time.parse::<Timestamp>().ok()?.as_nanos(),
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            request_id: self.request_id,
            before: self.before.map(|value| value.to_string()),
            after: self.after.map(|value| value.to_string()),
        })
    }
}

fn line(content: &impl Serialize) -> String {
    // Numbers and text, which have a form each.
    serde_json::to_string(content).unwrap_or_default() + "\n"
}
