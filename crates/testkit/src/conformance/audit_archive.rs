//! The contract of `AuditArchive`.

use tapedeck_domain::audit::{AuditRecord, Head, Sealed, seal};
use tapedeck_domain::port::Segment;

use super::Archive;
use super::on_jobs::{decision, now};

/// A segment of so many links after a head, and the head after it.
fn segment(after: Head, links: u64) -> (Segment, Head) {
    let record = AuditRecord::from(&decision("queue.pause"));
    let entries = (1..=links).map(|n| (after.seq + n, &record));
    let links = seal(after, entries, now());
    let head = Head::from(*links.last().unwrap());
    let sealed = links.into_iter().map(|link| Sealed { link, record: Some(record.clone()) });
    (Segment { previous: after.hash, links: sealed.collect() }, head)
}

/// Since nothing is there.
pub async fn an_empty_archive_ends_at_the_start(archive: Archive) {
    assert_eq!(archive.archive.archived().await.unwrap(), 0);
}

/// One after the other.
pub async fn segments_that_follow_are_kept(archive: Archive) {
    let (first, head) = segment(Head::GENESIS, 3);
    let (second, _) = segment(head, 2);
    for (segment, until) in [(first, 3), (second, 5)] {
        archive.archive.put(segment).await.unwrap();
        assert_eq!(archive.archive.archived().await.unwrap(), until);
    }
}

/// Somebody else was faster, or something is missing in between.
pub async fn segments_that_do_not_follow_change_nothing(archive: Archive) {
    let (first, head) = segment(Head::GENESIS, 3);
    let (third, _) = segment(segment(head, 2).1, 2);
    let (longer, _) = segment(Head::GENESIS, 9);
    archive.archive.put(first.clone()).await.unwrap();
    for segment in [first, third, longer] {
        archive.archive.put(segment).await.unwrap();
        assert_eq!(archive.archive.archived().await.unwrap(), 3);
    }
}
