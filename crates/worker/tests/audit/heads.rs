//! Tampering with what is known outside.

use std::path::PathBuf;

use tapedeck_domain::audit::FaultKind;
use tapedeck_domain::port::HeadLog as _;

use crate::on_both;
use crate::trail::Trail;

on_both! {
    any_byte_of_the_log_that_is_changed_is_found
    lines_that_are_gone_are_found
    a_log_that_is_gone_is_found_even_when_another_begins
    a_process_that_dies_before_it_writes_a_head_is_made_up_for
}

fn file(trail: &Trail) -> PathBuf {
    trail.heads_dir().join("heads-000001.ndjson")
}

async fn any_byte_of_the_log_that_is_changed_is_found(trail: Trail) {
    let whole = std::fs::read(file(&trail)).unwrap();
    let lines = whole.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(lines, 6, "the start, and one for each time something was sealed");
    // The last line break apart: a line without it is one that was never finished.
    for place in (0..whole.len() - 1).step_by(41) {
        let mut changed = whole.clone();
        changed[place] = if changed[place] == b'1' { b'2' } else { b'1' };
        std::fs::write(file(&trail), &changed).unwrap();
        let found = trail.verify().await;
        let fault = found.fault.unwrap_or_else(|| panic!("byte {place} was changed"));
        assert_eq!(fault.kind, FaultKind::HeadLogDamaged, "byte {place}: {fault:?}");
    }
    std::fs::write(file(&trail), &whole).unwrap();
    trail.is_intact().await;
}

async fn lines_that_are_gone_are_found(trail: Trail) {
    let whole = std::fs::read_to_string(file(&trail)).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for kept in [&lines[..4], &lines[..1], &[&lines[..2], &lines[3..]].concat(), &lines[1..]] {
        std::fs::write(file(&trail), kept.concat()).unwrap();
        trail.finds(FaultKind::HeadLogDamaged, None).await;
    }
}

async fn a_log_that_is_gone_is_found_even_when_another_begins(trail: Trail) {
    std::fs::remove_dir_all(trail.heads_dir()).unwrap();
    trail.finds(FaultKind::HeadLogMissing, None).await;
    trail.grow(2).await;
    trail.finds(FaultKind::HeadLogMissing, None).await;
}

async fn a_process_that_dies_before_it_writes_a_head_is_made_up_for(trail: Trail) {
    let whole = std::fs::read_to_string(file(&trail)).unwrap();
    let last = whole.trim_end().rfind('\n').unwrap() + 1;
    // Nothing of the last line was written, or a part of it.
    for length in [last, last + 20] {
        std::fs::remove_dir_all(trail.heads_dir()).unwrap();
        std::fs::create_dir_all(trail.heads_dir()).unwrap();
        std::fs::write(file(&trail), &whole[..length]).unwrap();
        let known = trail.heads().last().await.unwrap().unwrap();
        assert_eq!(known.position, 8);
        trail.is_intact().await;
        let known = trail.heads().last().await.unwrap().unwrap();
        assert_eq!(known, trail.verify().await.head);
        let kept = std::fs::read_to_string(file(&trail)).unwrap();
        assert!(kept.starts_with(&whole[..length]), "what was written once stays");
    }
    trail.grow(2).await;
    trail.is_intact().await;
}
