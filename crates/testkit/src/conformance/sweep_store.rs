//! The contract of `SweepStore`.

use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::StorageError;
use tapedeck_domain::strategy::ParamValue;
use tapedeck_domain::sweep::SweepReport;

use super::Sweeps;
use crate::builders::{id, sweep_report};

impl Sweeps {
    /// Keeps a report of the sweep `n`.
    async fn kept(&self, n: u64, report: &SweepReport) -> ReportRef {
        self.store.put(id(n), report).await.unwrap()
    }

    async fn opened(&self, name: &ReportRef) -> SweepReport {
        self.store.open(name).await.unwrap().unwrap()
    }
}

/// Every bit of it. Debug output tells -0.0 from 0.0, which `==` does not.
pub async fn open_gives_the_sweep_that_was_put_to_the_bit(sweeps: Sweeps) {
    let kept = sweeps.kept(1, &sweep_report(6)).await;
    assert_eq!(format!("{:?}", sweeps.opened(&kept).await), format!("{:?}", sweep_report(6)));
}

/// A sweep may be stopped before its first combination ends.
pub async fn a_sweep_without_rows_can_be_put(sweeps: Sweeps) {
    let kept = sweeps.kept(1, &sweep_report(0)).await;
    assert_eq!(sweeps.opened(&kept).await, sweep_report(0));
}

/// A strategy may call them what it likes; whole numbers stay whole.
pub async fn parameters_may_have_any_name_and_any_value(sweeps: Sweeps) {
    let values = [1e300, 5.0, 0.1].map(ParamValue::Number);
    let mut report = sweep_report(3);
    for (row, value) in report.rows.iter_mut().zip(values) {
        let named = |name: &str, value| (name.to_owned(), value);
        row.params = [
            named("", ParamValue::Number(-0.0)),
            named("a b; {c}, \u{e4}", ParamValue::Number(0.1 + 0.2)),
            named("sharpe", ParamValue::Integer(i64::MIN)),
            named("x", value),
        ]
        .into_iter()
        .collect();
    }
    let kept = sweeps.kept(1, &report).await;
    assert_eq!(format!("{:?}", sweeps.opened(&kept).await), format!("{report:?}"));
}

/// Without reading them.
pub async fn summary_says_what_the_rows_say(sweeps: Sweeps) {
    for rows in [0, 1, 6] {
        let kept = sweeps.kept(1, &sweep_report(rows)).await;
        let summary = sweeps.store.summary(&kept).await.unwrap();
        assert_eq!(summary, Some(sweep_report(rows).summary()));
    }
}

/// And is still one report.
pub async fn putting_a_sweep_again_gives_the_same_name(sweeps: Sweeps) {
    let first = sweeps.kept(1, &sweep_report(6)).await;
    assert_eq!(sweeps.kept(1, &sweep_report(6)).await, first);
    assert_eq!(sweeps.opened(&first).await, sweep_report(6));
}

/// So that they cannot overwrite each other.
pub async fn other_sweeps_and_other_content_have_other_names(sweeps: Sweeps) {
    let first = sweeps.kept(1, &sweep_report(6)).await;
    let other_sweep = sweeps.kept(2, &sweep_report(6)).await;
    let other_content = sweeps.kept(1, &sweep_report(5)).await;
    assert!(first != other_sweep && first != other_content && other_sweep != other_content);
    assert_eq!(sweeps.opened(&first).await, sweep_report(6));
}

/// Neither rows nor a summary.
pub async fn open_says_none_when_there_is_no_such_sweep(sweeps: Sweeps) {
    let name = ReportRef("sweeps/never".to_owned());
    assert_eq!(sweeps.store.open(&name).await.unwrap(), None);
    assert_eq!(sweeps.store.summary(&name).await.unwrap(), None);
}

/// The others stay, and a removal can be repeated.
pub async fn remove_removes_the_sweep_and_its_summary(sweeps: Sweeps) {
    let (gone, stays) =
        (sweeps.kept(1, &sweep_report(6)).await, sweeps.kept(2, &sweep_report(6)).await);
    for _ in 0..2 {
        sweeps.store.remove(&gone).await.unwrap();
    }
    assert_eq!(sweeps.store.open(&gone).await.unwrap(), None);
    assert_eq!(sweeps.store.summary(&gone).await.unwrap(), None);
    assert_eq!(sweeps.opened(&stays).await, sweep_report(6));
}

/// Where the fixture can damage it.
pub async fn a_damaged_sweep_is_an_error(sweeps: Sweeps) {
    let Some(corrupt) = &sweeps.corrupt else { return };
    let kept = sweeps.kept(1, &sweep_report(6)).await;
    corrupt();
    let opened = sweeps.store.open(&kept).await;
    assert!(matches!(opened, Err(StorageError::Corrupt { .. })), "{opened:?}");
    let summary = sweeps.store.summary(&kept).await;
    assert!(matches!(summary, Err(StorageError::Corrupt { .. })), "{summary:?}");
}
