//! Runs that simulate nothing and reports that are kept nowhere, so that what is left is the queue.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{
    BacktestRunner, Ran, ReportStore, RunError, RunRequest, StorageError, SweepRunRequest,
    SweepRunner, SweepStore,
};
use tapedeck_domain::report::Report;
use tapedeck_domain::sweep::{SweepReport, SweepSummary};
use tapedeck_testkit::builders;

use crate::time::nanos;

/// Ends every run at once, and remembers when it was started, by its seed.
pub(crate) struct Noop {
    report: Report,
    starts: Mutex<Vec<(u64, u64)>>,
}

impl Noop {
    pub(crate) fn new() -> Arc<Self> {
        let (orders, fills, trades) = (Vec::new(), Vec::new(), Vec::new());
        let report = Report { orders, fills, trades, ..builders::report() };
        Arc::new(Self { report, starts: Mutex::new(Vec::new()) })
    }

    /// The seed and the moment of every start.
    pub(crate) fn starts(&self) -> Vec<(u64, u64)> {
        self.starts.lock().unwrap().clone()
    }
}

/// Seeds that were started more than once.
pub(crate) fn run_twice(starts: &[(u64, u64)]) -> Vec<u64> {
    let mut counts = BTreeMap::new();
    starts.iter().for_each(|(seed, _)| *counts.entry(*seed).or_insert(0) += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(seed, _)| seed).collect()
}

#[async_trait]
impl BacktestRunner for Noop {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        self.starts.lock().unwrap().push((request.spec.seed, nanos()));
        Ok(self.report.clone().into())
    }
}

/// No job here is a sweep.
pub(crate) struct NoSweeps;

#[async_trait]
impl SweepRunner for NoSweeps {
    async fn run(&self, _: SweepRunRequest) -> Result<SweepReport, RunError> {
        Ok(builders::sweep_report(0))
    }
}

/// Takes every report and keeps none.
pub(crate) struct Discard;

#[async_trait]
impl ReportStore for Discard {
    async fn put(
        &self,
        id: BacktestId,
        _: &Manifest,
        _: &Report,
    ) -> Result<ReportRef, StorageError> {
        Ok(ReportRef(format!("reports/{id}/0")))
    }

    async fn open(&self, _: &ReportRef) -> Result<Option<Report>, StorageError> {
        Ok(None)
    }

    async fn manifest(&self, _: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        Ok(None)
    }

    async fn remove(&self, _: &ReportRef) -> Result<(), StorageError> {
        Ok(())
    }
}

#[async_trait]
impl SweepStore for Discard {
    async fn put(&self, id: BacktestId, _: &SweepReport) -> Result<ReportRef, StorageError> {
        Ok(ReportRef(format!("sweeps/{id}/0")))
    }

    async fn open(&self, _: &ReportRef) -> Result<Option<SweepReport>, StorageError> {
        Ok(None)
    }

    async fn summary(&self, _: &ReportRef) -> Result<Option<SweepSummary>, StorageError> {
        Ok(None)
    }

    async fn remove(&self, _: &ReportRef) -> Result<(), StorageError> {
        Ok(())
    }
}
