//! The contract of `ReportStore`.

use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::StorageError;
use tapedeck_domain::report::Report;

use super::Reports;
use crate::builders::{day, id, job, manifest, partial_report, report};

impl Reports {
    /// Keeps a report of the run `n`.
    async fn kept(&self, n: u64, report: &Report) -> ReportRef {
        self.store.put(id(n), &manifest(&job(n).0), report).await.unwrap()
    }
}

/// Every bit of it. Debug output tells -0.0 from 0.0, which `==` does not.
pub async fn open_gives_the_report_that_was_put_to_the_bit(reports: Reports) {
    let kept = reports.kept(1, &report()).await;
    let opened = reports.store.open(&kept).await.unwrap().unwrap();
    assert_eq!(format!("{opened:?}"), format!("{:?}", report()));
}

/// Tables may be empty, and there may be no open trade.
pub async fn a_report_of_nothing_can_be_put(reports: Reports) {
    let empty = Report { orders: Vec::new(), fills: Vec::new(), ..partial_report(1) };
    let kept = reports.kept(1, &empty).await;
    assert_eq!(reports.store.open(&kept).await.unwrap(), Some(empty));
}

/// With everything that is needed to repeat the run.
pub async fn manifest_gives_the_manifest_that_was_put(reports: Reports) {
    let kept = reports.kept(1, &report()).await;
    let found = reports.store.manifest(&kept).await.unwrap();
    assert_eq!(found, Some(manifest(&job(1).0)));
}

/// And is still one report.
pub async fn putting_a_report_again_gives_the_same_name(reports: Reports) {
    let first = reports.kept(1, &report()).await;
    assert_eq!(reports.kept(1, &report()).await, first);
    assert!(reports.store.open(&first).await.unwrap().is_some());
}

/// So that they cannot overwrite each other.
pub async fn other_runs_and_other_content_have_other_names(reports: Reports) {
    let first = reports.kept(1, &report()).await;
    let other_run = reports.kept(2, &report()).await;
    let other_content = reports.kept(1, &partial_report(2)).await;
    let later = Manifest { created_at: day(9), ..manifest(&job(1).0) };
    let other_manifest = reports.store.put(id(1), &later, &report()).await.unwrap();
    let mut names = [first.0.clone(), other_run.0, other_content.0, other_manifest.0];
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    assert_eq!(reports.store.open(&first).await.unwrap(), Some(report()));
}

/// Neither a report nor a manifest.
pub async fn open_says_none_when_there_is_no_such_report(reports: Reports) {
    let name = ReportRef("reports/never".to_owned());
    assert_eq!(reports.store.open(&name).await.unwrap(), None);
    assert_eq!(reports.store.manifest(&name).await.unwrap(), None);
}

/// The others stay.
pub async fn remove_removes_the_report_and_its_manifest(reports: Reports) {
    let (gone, stays) = (reports.kept(1, &report()).await, reports.kept(2, &report()).await);
    reports.store.remove(&gone).await.unwrap();
    assert_eq!(reports.store.open(&gone).await.unwrap(), None);
    assert_eq!(reports.store.manifest(&gone).await.unwrap(), None);
    assert!(reports.store.open(&stays).await.unwrap().is_some());
}

/// So that an interrupted removal can be repeated.
pub async fn removing_what_is_not_there_is_no_error(reports: Reports) {
    let kept = reports.kept(1, &report()).await;
    for _ in 0..2 {
        reports.store.remove(&kept).await.unwrap();
    }
    reports.store.remove(&ReportRef("reports/never".to_owned())).await.unwrap();
}

/// As if it had never been there.
pub async fn a_removed_report_can_be_put_again(reports: Reports) {
    let kept = reports.kept(1, &report()).await;
    reports.store.remove(&kept).await.unwrap();
    assert_eq!(reports.kept(1, &report()).await, kept);
    assert_eq!(reports.store.open(&kept).await.unwrap(), Some(report()));
}

/// Where the fixture can damage it.
pub async fn a_damaged_report_is_an_error(reports: Reports) {
    let Some(corrupt) = &reports.corrupt else { return };
    let kept = reports.kept(1, &report()).await;
    corrupt();
    let opened = reports.store.open(&kept).await;
    assert!(matches!(opened, Err(StorageError::Corrupt { .. })), "{opened:?}");
    let found = reports.store.manifest(&kept).await;
    assert!(matches!(found, Err(StorageError::Corrupt { .. })), "{found:?}");
}
