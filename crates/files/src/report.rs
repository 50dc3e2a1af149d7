//! Reports: a directory each, named by the run and the content.

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tapedeck_domain::chain::HashChain;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::manifest::Manifest;
use tapedeck_domain::metrics::Metrics;
use tapedeck_domain::port::{ReportStore, StorageError};
use tapedeck_domain::report::{CheckResult, EnvelopePoint, LogLine, Report};
use tapedeck_domain::table::Column;
use tapedeck_domain::trading::OpenTrade;

use crate::objects::{Objects, blocking};
use crate::rows::{self, Unreadable};
use crate::table::{decode, encode};

/// Reports as Parquet and JSON files.
pub struct ParquetReports(pub Objects);

const ORDERS: &str = "orders.parquet";
const FILLS: &str = "fills.parquet";
const TRADES: &str = "trades.parquet";
const SUMMARY: &str = "summary.json";
const MANIFEST: &str = "manifest.json";

/// What is not a table.
#[derive(Serialize, Deserialize)]
struct Summary {
    version: u32,
    engine_version: String,
    bars_done: usize,
    bars_total: usize,
    open_trade: Option<OpenTrade>,
    metrics: Option<Metrics>,
    #[serde(default)]
    chain: HashChain,
    #[serde(default)]
    envelope: Vec<EnvelopePoint>,
    #[serde(default)]
    checks: Vec<CheckResult>,
    #[serde(default)]
    log: Vec<LogLine>,
    #[serde(default)]
    log_dropped: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fuel: Option<u64>,
}

#[async_trait]
impl ReportStore for ParquetReports {
    async fn put(
        &self,
        id: BacktestId,
        manifest: &Manifest,
        report: &Report,
    ) -> Result<ReportRef, StorageError> {
        let (manifest, report) = (manifest.clone(), report.clone());
        let files = blocking(move || files(&manifest, &report)).await?;
        let mut hash = Sha256::new();
        files.iter().for_each(|(_, content)| hash.update(content));
        let name = format!("reports/{id}/{}", hex::encode(hash.finalize()));
        self.0.check_room(&files).await?;
        for (file, content) in files {
            self.0.put(&format!("{name}/{file}"), content).await?;
        }
        Ok(ReportRef(name))
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<Report>, StorageError> {
        let Some(summary) = self.get(report, SUMMARY).await? else { return Ok(None) };
        let orders = self.expect(report, ORDERS).await?;
        let fills = self.expect(report, FILLS).await?;
        let trades = self.expect(report, TRADES).await?;
        let name = report.0.clone();
        blocking(move || read(&name, &summary, [orders, fills, trades]).map(Some)).await
    }

    async fn manifest(&self, report: &ReportRef) -> Result<Option<Manifest>, StorageError> {
        let Some(content) = self.get(report, MANIFEST).await? else { return Ok(None) };
        let parsed = serde_json::from_slice(&content);
        parsed.map(Some).map_err(|error| corrupt(&report.0, error))
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        // The summary first: without it there is no report, whatever else is left.
        for file in [SUMMARY, ORDERS, FILLS, TRADES, MANIFEST] {
            self.0.remove(&format!("{}/{file}", report.0)).await?;
        }
        Ok(())
    }
}

impl ParquetReports {
    async fn get(&self, report: &ReportRef, file: &str) -> Result<Option<Bytes>, StorageError> {
        self.0.get(&format!("{}/{file}", report.0)).await
    }

    async fn expect(&self, report: &ReportRef, file: &str) -> Result<Bytes, StorageError> {
        let content = self.get(report, file).await?;
        content.ok_or_else(|| corrupt(&report.0, format!("{file} is missing")))
    }
}

fn corrupt(name: &str, what: impl std::fmt::Display) -> StorageError {
    StorageError::corrupt(format!("{name}: {what}"))
}

/// The summary comes last: a report is there when its summary is.
fn files(
    manifest: &Manifest,
    report: &Report,
) -> Result<[(&'static str, Vec<u8>); 5], StorageError> {
    let summary = Summary {
        version: 1,
        engine_version: report.engine_version.clone(),
        bars_done: report.bars_done,
        bars_total: report.bars_total,
        open_trade: report.open_trade,
        metrics: report.metrics.clone(),
        chain: report.chain.clone(),
        envelope: report.envelope.clone(),
        checks: report.checks.clone(),
        log: report.log.clone(),
        log_dropped: report.log_dropped,
        fuel: report.fuel,
    };
    let table = |columns: Vec<(&str, Column)>| encode(&columns).map_err(StorageError::unavailable);
    Ok([
        (ORDERS, table(rows::orders(&report.orders))?),
        (FILLS, table(rows::fills(&report.fills))?),
        (TRADES, table(rows::trades(&report.trades))?),
        (MANIFEST, serde_json::to_vec(manifest).map_err(StorageError::unavailable)?),
        (SUMMARY, serde_json::to_vec(&summary).map_err(StorageError::unavailable)?),
    ])
}

fn read(name: &str, summary: &[u8], tables: [Bytes; 3]) -> Result<Report, StorageError> {
    let summary: Summary = serde_json::from_slice(summary).map_err(|error| corrupt(name, error))?;
    let columns = |content: Bytes| decode(content).map_err(|error| corrupt(name, error));
    let unreadable = |_: Unreadable| corrupt(name, "a table has other columns");
    let [orders, fills, trades] = tables;
    Ok(Report {
        engine_version: summary.engine_version,
        bars_done: summary.bars_done,
        bars_total: summary.bars_total,
        orders: rows::read_orders(columns(orders)?).map_err(unreadable)?,
        fills: rows::read_fills(columns(fills)?).map_err(unreadable)?,
        trades: rows::read_trades(columns(trades)?).map_err(unreadable)?,
        open_trade: summary.open_trade,
        metrics: summary.metrics,
        chain: summary.chain,
        envelope: summary.envelope,
        checks: summary.checks,
        log: summary.log,
        log_dropped: summary.log_dropped,
        fuel: summary.fuel,
    })
}
