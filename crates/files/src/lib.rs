#![doc = include_str!("../README.md")]

mod bars;
mod csv;
mod objects;
mod probe;
mod report;
mod rows;
mod sweep;
mod sweep_rows;
mod table;

pub use crate::csv::{CsvError, read_csv};
pub use bars::ParquetDatasets;
pub use objects::{Objects, OpenError};
pub use probe::ArtifactProbe;
pub use report::ParquetReports;
pub use sweep::ParquetSweeps;
pub use table::ParquetTables;
