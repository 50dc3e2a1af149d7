//! Sweeps: submit them, remove them, read what they left behind.

mod axis;
mod plan;
mod remove;
mod results;
mod submit;

pub use axis::{Axis, SweepLimits};
pub use plan::SweepRequest;
pub use remove::RemoveSweep;
pub use results::{FinishedSweep, SweepResultError, SweepResults};
pub use submit::SubmitSweep;
