//! The contract of `ArtifactCatalog`.

use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::StoredArtifact;

use super::Artifacts;
use crate::builders::{day, id, job, manifest, partial_report, report, sweep_report};

impl Artifacts {
    async fn report(&self, n: u64) -> StoredArtifact {
        let report = self.reports.put(id(n), &manifest(&job(n).0), &report()).await.unwrap();
        StoredArtifact { report, job: id(n) }
    }

    async fn sweep(&self, n: u64) -> StoredArtifact {
        let report = self.sweeps.put(id(n), &sweep_report(2)).await.unwrap();
        StoredArtifact { report, job: id(n) }
    }

    async fn all(&self) -> Vec<StoredArtifact> {
        self.catalog.list(None, 100).await.unwrap()
    }
}

/// Whatever was put first.
pub async fn list_gives_reports_and_sweeps_in_the_order_of_their_names(artifacts: Artifacts) {
    assert_eq!(artifacts.all().await, []);
    let sweep = artifacts.sweep(2).await;
    let later = artifacts.report(3).await;
    let earlier = artifacts.report(1).await;
    assert_eq!(artifacts.all().await, [earlier, later, sweep]);
}

/// A run that was begun twice may have left two.
pub async fn list_gives_every_artifact_of_a_job(artifacts: Artifacts) {
    let again = Manifest { created_at: day(9), ..manifest(&job(1).0) };
    let one = artifacts.report(1).await.report;
    let other = artifacts.reports.put(id(1), &again, &partial_report(2)).await.unwrap();
    let mut expected = [one, other].map(|report| StoredArtifact { report, job: id(1) });
    expected.sort_by(|a, b| a.report.0.cmp(&b.report.0));
    assert_eq!(artifacts.all().await, expected);
}

/// Page by page, from reports to sweeps.
pub async fn list_of_artifacts_goes_on_after_a_name_and_keeps_to_its_limit(artifacts: Artifacts) {
    let mut expected = Vec::new();
    for n in 1..=3 {
        expected.push(artifacts.report(n).await);
    }
    expected.push(artifacts.sweep(1).await);
    for size in 1..=5 {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = artifacts.catalog.list(after.take(), size).await.unwrap();
            assert!(page.len() <= size);
            after = page.last().map(|artifact| artifact.report.clone());
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "in pages of {size}");
    }
}

/// What was removed meanwhile shifts nothing.
pub async fn list_of_artifacts_goes_on_after_a_name_that_is_gone(artifacts: Artifacts) {
    let (first, second) = (artifacts.report(1).await, artifacts.report(2).await);
    artifacts.catalog.remove(&first.report).await.unwrap();
    assert_eq!(artifacts.catalog.list(Some(first.report), 9).await.unwrap(), [second]);
}

/// For those who open it as for those who list it; the others stay.
pub async fn remove_removes_the_artifact_with_all_its_files(artifacts: Artifacts) {
    let (report, sweep) = (artifacts.report(1).await, artifacts.sweep(1).await);
    let (other, others_sweep) = (artifacts.report(2).await, artifacts.sweep(2).await);
    artifacts.catalog.remove(&report.report).await.unwrap();
    artifacts.catalog.remove(&sweep.report).await.unwrap();
    assert_eq!(artifacts.reports.open(&report.report).await.unwrap(), None);
    assert_eq!(artifacts.reports.manifest(&report.report).await.unwrap(), None);
    assert_eq!(artifacts.sweeps.open(&sweep.report).await.unwrap(), None);
    assert_eq!(artifacts.all().await, [other, others_sweep]);
}

/// So that an interrupted removal can be repeated; and no name leads out of the store.
pub async fn removing_an_artifact_that_is_not_there_is_no_error(artifacts: Artifacts) {
    let (gone, stays) = (artifacts.report(1).await, artifacts.report(2).await);
    for _ in 0..2 {
        artifacts.catalog.remove(&gone.report).await.unwrap();
    }
    let parent = format!("reports/{}/..", stays.job);
    for name in ["", "reports", "reports/never/0", "sweeps", ".", "..", "/", &parent] {
        artifacts.catalog.remove(&ReportRef(name.to_owned())).await.unwrap();
    }
    assert_eq!(artifacts.all().await, [stays]);
}

/// Those that are whole stay, and so does what was put a moment ago.
pub async fn sweep_unfinished_takes_nothing_that_is_whole(artifacts: Artifacts) {
    let (report, sweep) = (artifacts.report(1).await, artifacts.sweep(1).await);
    assert_eq!(artifacts.catalog.sweep_unfinished().await.unwrap(), 0);
    assert_eq!(artifacts.all().await, [report.clone(), sweep.clone()]);
    assert!(artifacts.reports.open(&report.report).await.unwrap().is_some());
    assert!(artifacts.sweeps.open(&sweep.report).await.unwrap().is_some());
}

/// At once.
pub async fn usage_grows_with_a_report_and_shrinks_with_its_removal(artifacts: Artifacts) {
    let empty = artifacts.catalog.usage().await.unwrap();
    let report = artifacts.report(1).await;
    let full = artifacts.catalog.usage().await.unwrap();
    assert!(full.used > empty.used, "{full:?}");
    assert!(full.free > 0, "{full:?}");
    artifacts.catalog.remove(&report.report).await.unwrap();
    assert_eq!(artifacts.catalog.usage().await.unwrap().used, empty.used);
}
