//! Sweeps: a directory each, named by the sweep and the content.

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::{StorageError, SweepStore};
use tapedeck_domain::sweep::{SweepReport, SweepSummary};
use tapedeck_domain::table::Column;

use crate::objects::{Objects, blocking};
use crate::sweep_rows::{columns, names, rows};
use crate::table::{decode, encode};

/// Sweeps as Parquet and JSON files.
pub struct ParquetSweeps(pub Objects);

const ROWS: &str = "rows.parquet";
const SUMMARY: &str = "summary.json";

/// What is not a table.
#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    summary: SweepSummary,
    /// The combination that is best, even if it has no row.
    best: Option<u64>,
    /// The swept parameters, in the order of their columns.
    params: Vec<String>,
}

#[async_trait]
impl SweepStore for ParquetSweeps {
    async fn put(&self, id: BacktestId, report: &SweepReport) -> Result<ReportRef, StorageError> {
        let report = report.clone();
        let files = blocking(move || files(&report)).await?;
        let mut hash = Sha256::new();
        files.iter().for_each(|(_, content)| hash.update(content));
        let name = format!("sweeps/{id}/{}", hex::encode(hash.finalize()));
        self.0.check_room(&files).await?;
        for (file, content) in files {
            self.0.put(&format!("{name}/{file}"), content).await?;
        }
        Ok(ReportRef(name))
    }

    async fn open(&self, report: &ReportRef) -> Result<Option<SweepReport>, StorageError> {
        let Some(document) = self.document(report).await? else { return Ok(None) };
        let table = self.0.get(&format!("{}/{ROWS}", report.0)).await?;
        let table = table.ok_or_else(|| corrupt(&report.0, format!("{ROWS} is missing")))?;
        let name = report.0.clone();
        blocking(move || read(&name, document, table).map(Some)).await
    }

    async fn summary(&self, report: &ReportRef) -> Result<Option<SweepSummary>, StorageError> {
        Ok(self.document(report).await?.map(|document| document.summary))
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        // The summary first: without it there is no sweep, whatever else is left.
        for file in [SUMMARY, ROWS] {
            self.0.remove(&format!("{}/{file}", report.0)).await?;
        }
        Ok(())
    }
}

impl ParquetSweeps {
    async fn document(&self, report: &ReportRef) -> Result<Option<Document>, StorageError> {
        let Some(content) = self.0.get(&format!("{}/{SUMMARY}", report.0)).await? else {
            return Ok(None);
        };
        let parsed = serde_json::from_slice(&content);
        parsed.map(Some).map_err(|error| corrupt(&report.0, error))
    }
}

fn corrupt(name: &str, what: impl std::fmt::Display) -> StorageError {
    StorageError::corrupt(format!("{name}: {what}"))
}

/// The summary comes last: a sweep is there when its summary is.
fn files(report: &SweepReport) -> Result<[(&'static str, Vec<u8>); 2], StorageError> {
    let params = names(&report.rows);
    let (names, columns): (Vec<String>, Vec<Column>) =
        columns(&report.rows, &params).into_iter().unzip();
    let table: Vec<_> = names.iter().map(String::as_str).zip(columns).collect();
    let document = Document { version: 1, summary: report.summary(), best: report.best, params };
    Ok([
        (ROWS, encode(&table).map_err(StorageError::unavailable)?),
        (SUMMARY, serde_json::to_vec(&document).map_err(StorageError::unavailable)?),
    ])
}

fn read(name: &str, document: Document, table: Bytes) -> Result<SweepReport, StorageError> {
    let columns = decode(table).map_err(|error| corrupt(name, error))?;
    let rows = rows(columns, &document.params);
    let rows = rows.map_err(|_| corrupt(name, "the table has other columns"))?;
    let Document { summary, best, .. } = document;
    Ok(SweepReport {
        engine_version: summary.engine_version,
        combinations: summary.combinations,
        rows,
        best,
        deflated_sharpe: summary.deflated_sharpe,
    })
}
