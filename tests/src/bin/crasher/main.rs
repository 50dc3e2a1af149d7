//! The server, except that it kills or stops itself at one step of its work, which `CRASH` names
//! as `STEP:before|after:N[:stop]`: the N-th time that it comes there. `SLOW_MS` makes every run
//! take longer, so that it is under way for a while.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test")]
#![expect(clippy::print_stdout, reason = "says where it listens")]

mod jobs;
mod plan;
mod reports;
mod runs;

use std::process::ExitCode;
use std::sync::Arc;

use tapedeck::Adapters;
use tapedeck_config::{Sources, load};

use crate::plan::Plan;

fn main() -> ExitCode {
    // Its runs are processes of this program, too.
    tapedeck::cli::run_one_if_asked().unwrap_or_else(|| {
        serve();
        ExitCode::SUCCESS
    })
}

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "this program is its own composition root")]
async fn serve() {
    let mut env: std::collections::BTreeMap<_, _> = std::env::vars().collect();
    let plan = Arc::new(Plan::parse(&env.remove("CRASH").unwrap()));
    let slow = env.remove("SLOW_MS").map_or(0, |text| text.parse().unwrap());
    let settings = load(&Sources { env, dir: None }).unwrap();
    let adapters = Adapters::open(&settings).await.unwrap();
    let application = tapedeck::build_over(over(adapters, &plan, slow), settings).await.unwrap();
    let address = application.address();
    println!(r#"{{"message":"serving","address":"{address}"}}"#);
    application.run().await.unwrap();
}

fn over(mut adapters: Adapters, plan: &Arc<Plan>, slow: u64) -> Adapters {
    let plan = || Arc::clone(plan);
    let slow = std::time::Duration::from_millis(slow);
    adapters.jobs = Arc::new(jobs::Jobs { inner: adapters.jobs, plan: plan() });
    adapters.queue = Arc::new(jobs::Queue { inner: adapters.queue, plan: plan() });
    adapters.reports = Arc::new(reports::Reports { inner: adapters.reports, plan: plan() });
    adapters.sweeps = Arc::new(reports::Sweeps { inner: adapters.sweeps, plan: plan() });
    adapters.runner = Arc::new(runs::Backtests { inner: adapters.runner, plan: plan(), slow });
    adapters.sweep_runner =
        Arc::new(runs::Sweeps { inner: adapters.sweep_runner, plan: plan(), slow });
    adapters
}
