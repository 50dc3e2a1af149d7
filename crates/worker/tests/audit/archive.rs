//! The archive: a copy that can be checked alone.

use std::path::PathBuf;
use std::sync::Arc;

use tapedeck_application::AuditExport;
use tapedeck_domain::audit::FaultKind;
use tapedeck_files::{ArchiveFiles, verify_archive};

use crate::on_both;
use crate::trail::Trail;

on_both! {
    what_was_sealed_is_archived_once_and_changes_are_found
}

async fn what_was_sealed_is_archived_once_and_changes_are_found(trail: Trail) {
    let archive = Arc::new(ArchiveFiles::new(trail.heads_dir()));
    let export = AuditExport::new(trail.chain.clone(), archive);
    for (entries, until) in [(10, 10), (0, 10)] {
        let done = export.export().await.unwrap();
        assert_eq!((done.entries, done.until), (entries, until));
    }
    trail.grow(1).await;
    assert_eq!(export.export().await.unwrap().entries, 2);
    let verified = verify_archive(&trail.heads_dir()).unwrap();
    assert_eq!(verified, (trail.verify().await.head, None));

    let segment = |name: &str| -> PathBuf { trail.heads_dir().join(name) };
    let first = segment("audit-000000000001-000000000010.ndjson");
    let second = segment("audit-000000000011-000000000012.ndjson");
    let whole = std::fs::read_to_string(&first).unwrap();
    std::fs::write(&first, whole.replacen("\"actor\":\"cli\"", "\"actor\":\"key:eve\"", 1))
        .unwrap();
    let (head, fault) = verify_archive(&trail.heads_dir()).unwrap();
    assert_eq!((head.position, fault.unwrap().kind), (0, FaultKind::EntryEdited));
    let without_last = whole.trim_end().rfind('\n').unwrap() + 1;
    std::fs::write(&first, &whole[..without_last]).unwrap();
    let fault = verify_archive(&trail.heads_dir()).unwrap().1.unwrap();
    assert_eq!((fault.kind, fault.position), (FaultKind::EntryEdited, Some(10)));
    std::fs::write(&first, &whole).unwrap();
    std::fs::remove_file(&second).unwrap();
    assert_eq!(verify_archive(&trail.heads_dir()).unwrap().1, None);
}
