//! Adapters that misbehave in one way each, and what their tests ask for.
#![expect(dead_code, reason = "each test program uses some of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use tapedeck::Adapters;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{
    BacktestRunner, DatasetStore, Ran, ReportStore, RunControl, RunError, RunRequest, StorageError,
};
use tapedeck_domain::report::Report;
use tapedeck_tests::{TestApp, binary, child_runner, crossover, repeats};

/// Reports come back changed.
pub(crate) struct Altered<F> {
    reports: Arc<dyn ReportStore>,
    change: F,
}

pub(crate) fn with_reports(
    mut adapters: Adapters,
    change: impl Fn(&mut Report) + Send + Sync + 'static,
) -> Adapters {
    adapters.reports = Arc::new(Altered { reports: adapters.reports, change });
    adapters
}

#[async_trait]
impl<F: Fn(&mut Report) + Send + Sync> ReportStore for Altered<F> {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        self.reports.put(id, manifest, report).await
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        let mut found = self.reports.open(report).await?;
        found.iter_mut().for_each(&self.change);
        Ok(found)
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        self.reports.manifest(report).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.reports.remove(report).await
    }
}

/// Runs go on until they are stopped, and have then done so many bars.
pub(crate) struct Endless {
    pub(crate) runner: Arc<dyn BacktestRunner>,
    pub(crate) bars: usize,
}

pub(crate) fn with_runner(
    mut adapters: Adapters,
    change: impl FnOnce(Arc<dyn BacktestRunner>) -> Arc<dyn BacktestRunner>,
) -> Adapters {
    adapters.runner = change(adapters.runner);
    adapters
}

#[async_trait]
impl BacktestRunner for Endless {
    async fn run(&self, request: RunRequest) -> Result<Ran, RunError> {
        let control = Arc::new(RunControl::default());
        let mut ran = self.runner.run(RunRequest { control, ..request.clone() }).await?;
        while !request.control.is_stopped() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        ran.report.bars_done = self.bars;
        ran.report.orders.retain(|order| order.bar < self.bars);
        ran.report.fills.retain(|fill| fill.bar < self.bars);
        ran.report.trades.retain(|trade| trade.exit_bar < self.bars);
        Ok(ran)
    }
}

/// Bars that are lost when somebody says so.
struct Forgetful {
    datasets: Arc<dyn DatasetStore>,
    gone: Arc<AtomicBool>,
}

/// An application that loses all bars once the flag is set.
pub(crate) async fn forgetful() -> (TestApp, Arc<AtomicBool>) {
    let gone = Arc::new(AtomicBool::new(false));
    let flag = gone.clone();
    let app = TestApp::over(&[], |mut adapters| {
        adapters.datasets = Arc::new(Forgetful { datasets: adapters.datasets, gone: flag });
        adapters.verifier = child_runner(binary(), &adapters, repeats());
        adapters
    });
    (app.await, gone)
}

#[async_trait]
impl DatasetStore for Forgetful {
    async fn put(&self, content_hash: &str, bars: Arc<Bars>) -> Result<(), StorageError> {
        self.datasets.put(content_hash, bars).await
    }

    async fn open(&self, content_hash: &str) -> Result<Option<Arc<Bars>>, StorageError> {
        let found = self.datasets.open(content_hash).await?;
        Ok(found.filter(|_| !self.gone.load(Ordering::SeqCst)))
    }
}

pub(crate) async fn post(app: &TestApp, path: &str) -> (u16, Value) {
    let response = app.client.post(app.url(path)).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// A finished crossover: its id and its path.
pub(crate) async fn finished(app: &TestApp) -> (String, String) {
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/backtests/{id}");
    (id, path)
}
