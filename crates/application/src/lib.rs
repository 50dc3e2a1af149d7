#![doc = include_str!("../README.md")]

mod datasets;
mod prepare;

pub use datasets::Datasets;
pub use prepare::{
    BacktestRequest, DatasetChoice, FaultCode, FieldFault, Prepare, PrepareError, ServerLimits,
};
