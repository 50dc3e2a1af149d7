//! Tampering with entries.

use std::time::Duration;

use tapedeck_domain::audit::{AuditRecord, FaultKind, Place};
use tapedeck_domain::port::Clock as _;

use crate::on_both;
use crate::trail::Trail;

on_both! {
    an_edit_of_any_column_is_found
    an_entry_that_is_deleted_is_found
    an_entry_that_is_deleted_with_its_link_is_found
    a_trail_that_is_deleted_is_found
    an_entry_that_is_inserted_before_others_is_found
    an_entry_that_is_inserted_with_a_forged_link_is_found
    entries_that_change_places_are_found
}

async fn an_edit_of_any_column_is_found(trail: Trail) {
    for (edit, back) in [
        ("at = at + 1", "at = at - 1"),
        ("actor = 'key:eve'", "actor = 'cli'"),
        // Nobody can read this one any more.
        ("actor = ''", "actor = 'cli'"),
        ("action = action || 'd'", "action = 'queue.pause'"),
        ("subject = 'queues'", "subject = 'queue'"),
        ("request_id = NULL", "request_id = 'r-1'"),
        ("before = NULL", "before = '{\"paused\":false}'"),
        ("before = '{\"paused\": false}'", "before = '{\"paused\":false}'"),
        ("before = 'no json'", "before = '{\"paused\":false}'"),
        ("after = replace(after, 'true', 'false')", "after = replace(after, 'false', 'true')"),
    ] {
        trail.tamper(&format!("UPDATE audit_entries SET {edit} WHERE seq = 5")).await;
        trail.finds(FaultKind::EntryEdited, Some(5)).await;
        trail.tamper(&format!("UPDATE audit_entries SET {back} WHERE seq = 5")).await;
        trail.is_intact().await;
    }
    trail.tamper("UPDATE audit_entries SET seq = 77 WHERE seq = 5").await;
    trail.finds(FaultKind::EntryDeleted, Some(5)).await;
}

async fn an_entry_that_is_deleted_is_found(trail: Trail) {
    trail.tamper("DELETE FROM audit_entries WHERE seq = 5").await;
    trail.finds(FaultKind::EntryDeleted, Some(5)).await;
    trail.tamper("DELETE FROM audit_entries").await;
    trail.finds(FaultKind::EntryDeleted, Some(1)).await;
}

async fn an_entry_that_is_deleted_with_its_link_is_found(trail: Trail) {
    let delete = "DELETE FROM audit_entries WHERE seq = 5; \
                  DELETE FROM audit_chain WHERE entry_seq = 5";
    trail.tamper(delete).await;
    trail.finds(FaultKind::LinkDeleted, Some(5)).await;
}

async fn a_trail_that_is_deleted_is_found(trail: Trail) {
    trail.tamper("DELETE FROM audit_entries; DELETE FROM audit_chain").await;
    trail.finds(FaultKind::TailCut, Some(1)).await;
}

const INSERT: &str = "INSERT INTO audit_entries (seq, at, actor, action, subject) \
                      VALUES (0, 7, 'cli', 'a.b', 'c')";

async fn an_entry_that_is_inserted_before_others_is_found(trail: Trail) {
    trail.tamper(INSERT).await;
    if trail.is_postgres() {
        // For a while it could be that of a transaction that took long.
        trail.is_intact().await;
        trail.clock.advance(Duration::from_secs(20 * 60));
    }
    trail.finds(FaultKind::EntryInserted, None).await;
    assert_eq!(trail.seal().await, 0, "it is never sealed");
    trail.grow(1).await;
    trail.finds(FaultKind::EntryInserted, None).await;
    assert_eq!(trail.verify().await.fault.unwrap().seq, Some(0));
}

async fn an_entry_that_is_inserted_with_a_forged_link_is_found(trail: Trail) {
    trail.clock.advance(Duration::from_secs(20 * 60));
    trail.tamper(INSERT).await;
    let head = trail.verify().await.head;
    let sealed_at = trail.clock.now();
    let place = Place { position: 11, seq: 0, anchor: 10, sealed_at };
    let record = AuditRecord {
        at: 7,
        actor: "cli".to_owned(),
        action: "a.b".to_owned(),
        subject: "c".to_owned(),
        request_id: None,
        before: None,
        after: None,
    };
    let hash = place.hash(head.hash, &record);
    let nanos = sealed_at.as_nanos();
    trail.tamper(&format!("INSERT INTO audit_chain VALUES (11, 0, 10, {nanos}, '{hash}')")).await;
    trail.finds(FaultKind::EntryInserted, Some(11)).await;
}

async fn entries_that_change_places_are_found(trail: Trail) {
    let swap = "UPDATE audit_entries SET seq = 1000 WHERE seq = 4; \
                UPDATE audit_entries SET seq = 4 WHERE seq = 7; \
                UPDATE audit_entries SET seq = 7 WHERE seq = 1000";
    trail.tamper(swap).await;
    trail.finds(FaultKind::Reordered, Some(4)).await;
}
