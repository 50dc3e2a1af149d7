//! Steps of what is done to results.

use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::port::{ReportStore, StorageError, SweepStore};
use tapedeck_domain::report::Report;
use tapedeck_domain::sweep::{SweepReport, SweepSummary};

use crate::plan::Plan;

pub(crate) struct Reports {
    pub(crate) inner: Arc<dyn ReportStore>,
    pub(crate) plan: Arc<Plan>,
}

#[async_trait]
impl ReportStore for Reports {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        self.plan.before("put");
        let put = self.inner.put(id, manifest, report).await;
        self.plan.after("put");
        put
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        self.inner.open(report).await
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        self.inner.manifest(report).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.plan.before("remove");
        let removed = self.inner.remove(report).await;
        self.plan.after("remove");
        removed
    }
}

pub(crate) struct Sweeps {
    pub(crate) inner: Arc<dyn SweepStore>,
    pub(crate) plan: Arc<Plan>,
}

#[async_trait]
impl SweepStore for Sweeps {
    async fn put(&self, id: BacktestId, report: &SweepReport) -> Result<ReportRef, StorageError> {
        self.plan.before("sweep-put");
        let put = self.inner.put(id, report).await;
        self.plan.after("sweep-put");
        put
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<SweepReport>, StorageError> {
        self.inner.open(report).await
    }

    async fn summary(&self, report: &ReportRef) -> Result<Option<SweepSummary>, StorageError> {
        self.inner.summary(report).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        self.inner.remove(report).await
    }
}
