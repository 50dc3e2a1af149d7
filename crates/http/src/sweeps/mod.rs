//! `/sweeps`: one file an endpoint.

mod cancel;
mod create;
mod get;
mod heatmap;
mod list;
mod remove;
mod results;

pub(crate) use cancel::cancel;
pub(crate) use create::create;
pub(crate) use get::get;
pub(crate) use heatmap::heatmap;
pub(crate) use list::list;
pub(crate) use remove::remove;
pub(crate) use results::{best_first, results};

use serde_json::Value;
use tapedeck_domain::job::Backtest;

use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// A sweep as clients see it, with what it has left so far.
pub(crate) async fn resource(services: &Services, job: &Backtest) -> Result<Value, Problem> {
    let (results, job) = (services.sweeps.results.clone(), job.clone());
    let (job, summary) = services
        .read(async move {
            let summary = results.summary(&job).await?;
            Ok::<_, tapedeck_domain::port::StorageError>((job, summary))
        })
        .await?;
    Ok(wire::sweep(&job, summary.as_ref(), services.clock.now()))
}
