//! Tampering with the chain.

use std::sync::Arc;

use tapedeck_domain::audit::{ChainHash, FaultKind};

use crate::on_both;
use crate::trail::{Trail, sqlite_jobs};

on_both! {
    an_edit_of_any_column_is_found
    a_link_that_is_deleted_is_found
    links_that_change_places_are_found
    a_forged_link_at_the_end_is_found
    a_tail_that_is_cut_is_found_even_when_another_grows
    a_chain_that_is_made_anew_is_found
    what_waits_to_be_sealed_is_told
}

async fn an_edit_of_any_column_is_found(trail: Trail) {
    for (edit, back, kind) in [
        ("position = 99", "position = 5", FaultKind::LinkDeleted),
        ("entry_seq = 99", "entry_seq = 5", FaultKind::EntryDeleted),
        ("anchor = anchor + 1", "anchor = anchor - 1", FaultKind::EntryEdited),
        ("sealed_at = sealed_at + 1", "sealed_at = sealed_at - 1", FaultKind::EntryEdited),
        ("hash = upper(hash)", "hash = lower(hash)", FaultKind::LinkEdited),
    ] {
        trail.tamper(&format!("UPDATE audit_chain SET {edit} WHERE position = 5")).await;
        trail.finds(kind, Some(5)).await;
        let place = if edit.starts_with("position") { 99 } else { 5 };
        trail.tamper(&format!("UPDATE audit_chain SET {back} WHERE position = {place}")).await;
        trail.is_intact().await;
    }
}

async fn a_link_that_is_deleted_is_found(trail: Trail) {
    trail.tamper("DELETE FROM audit_chain WHERE position IN (5, 6)").await;
    trail.finds(FaultKind::LinkDeleted, Some(5)).await;
}

async fn links_that_change_places_are_found(trail: Trail) {
    for column in ["entry_seq", "position"] {
        let swap = format!(
            "UPDATE audit_chain SET {column} = 1000 WHERE {column} = 4; \
             UPDATE audit_chain SET {column} = 4 WHERE {column} = 7; \
             UPDATE audit_chain SET {column} = 7 WHERE {column} = 1000"
        );
        trail.tamper(&swap).await;
        trail.finds(FaultKind::Reordered, Some(4)).await;
        trail.tamper(&swap).await;
        trail.is_intact().await;
    }
}

async fn a_forged_link_at_the_end_is_found(trail: Trail) {
    let forged = ChainHash::GENESIS;
    trail.tamper(&format!("INSERT INTO audit_chain VALUES (11, 11, 10, 0, '{forged}')")).await;
    trail.finds(FaultKind::EntryDeleted, Some(11)).await;
    let entry = "INSERT INTO audit_entries (seq, at, actor, action, subject) \
                 VALUES (11, 0, 'cli', 'a.b', 'c')";
    trail.tamper(entry).await;
    trail.finds(FaultKind::EntryEdited, Some(11)).await;
}

async fn a_tail_that_is_cut_is_found_even_when_another_grows(trail: Trail) {
    let cut = "DELETE FROM audit_entries WHERE seq > 7; DELETE FROM audit_chain WHERE position > 7";
    trail.tamper(cut).await;
    trail.finds(FaultKind::TailCut, Some(8)).await;
    trail.grow(1).await;
    trail.finds(FaultKind::HeadSwapped, Some(8)).await;
    trail.grow(5).await;
    trail.finds(FaultKind::HeadSwapped, Some(8)).await;
}

async fn a_chain_that_is_made_anew_is_found(trail: Trail) {
    trail.tamper("UPDATE audit_entries SET actor = 'key:eve' WHERE seq = 5").await;
    let (mut previous, mut updates) = (ChainHash::GENESIS, String::new());
    for sealed in trail.chain.page(0, 100).await.unwrap() {
        let place = sealed.link.place;
        previous = place.hash(previous, &sealed.record.unwrap());
        let position = place.position;
        updates +=
            &format!("UPDATE audit_chain SET hash = '{previous}' WHERE position = {position};");
    }
    trail.tamper(&updates).await;
    // The first head that is known after the edit.
    trail.finds(FaultKind::HeadSwapped, Some(6)).await;
}

async fn what_waits_to_be_sealed_is_told(trail: Trail) {
    trail.decide(true).await;
    trail.clock.advance(std::time::Duration::from_secs(60));
    let found = trail.verify().await;
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.unsealed.entries, found.oldest_age_ms), (1, Some(60_000)));
    assert!(found.warning().unwrap().contains("60 s"), "{found:?}");
    assert_eq!(trail.seal().await, 1);
    assert_eq!(trail.verify().await.warning(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_copy_of_the_database_is_found() {
    let trail = Trail::sqlite().await;
    let copy = trail.dir.path().join("copy.db");
    trail.sql(&format!("VACUUM INTO '{}'", copy.display())).await.unwrap();
    trail.grow(1).await;
    let found = trail.verify_over(Arc::new(sqlite_jobs(&copy).await)).await;
    let fault = found.fault.unwrap();
    assert_eq!((fault.kind, fault.position), (FaultKind::TailCut, Some(11)), "{fault:?}");
    trail.is_intact().await;
}
