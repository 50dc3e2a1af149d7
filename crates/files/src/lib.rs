#![doc = include_str!("../README.md")]

mod audit;
mod bars;
mod catalog;
mod csv;
mod modules;
mod objects;
mod probe;
mod report;
mod rows;
mod space;
mod sweep;
mod sweep_rows;
mod table;
mod unfinished;

pub use crate::csv::{CsvError, read_csv};
pub use audit::{ArchiveFiles, HeadFiles, verify_archive};
pub use bars::ParquetDatasets;
pub use catalog::ArtifactFiles;
pub use modules::ModuleFiles;
pub use objects::{Objects, OpenError};
pub use probe::ArtifactProbe;
pub use report::ParquetReports;
pub use space::SpaceLimits;
pub use sweep::ParquetSweeps;
pub use table::ParquetTables;
