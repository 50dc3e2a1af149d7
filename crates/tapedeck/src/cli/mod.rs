//! The command line.

mod audit;
mod backtest;
mod config;
mod dataset;
mod flags;
mod healthcheck;
mod kit;
mod migrate;
mod openapi;
mod queue;
mod retention;
mod run_one;
mod schedules;
mod serve;
mod strategy;

use std::process::ExitCode;

pub use run_one::run_one_if_asked;

use clap::{Parser, Subcommand};
use tapedeck_config::{Problems, Settings, Sources};

/// The backtest server to host yourself.
#[derive(Parser)]
#[command(name = "tapedeck", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and run backtests.
    Serve(serve::Options),
    /// Change or show the version of the database schema.
    Migrate {
        #[command(subcommand)]
        action: migrate::Action,
    },
    /// Import or generate bars.
    Dataset {
        #[command(subcommand)]
        action: dataset::Action,
    },
    /// Begin guest strategies, check them, and bring them to a server.
    Strategy {
        #[command(subcommand)]
        action: strategy::Action,
    },
    /// Run a backtest without a server.
    Backtest {
        #[command(subcommand)]
        action: backtest::Action,
    },
    /// Look at the queue, pause it, let it go on.
    Queue {
        #[command(subcommand)]
        action: queue::Action,
    },
    /// Look at what the server does by itself, pause it, have it done now.
    Schedules {
        #[command(subcommand)]
        action: schedules::Action,
    },
    /// Show feature flags, set them for every process, take that back.
    Flags {
        #[command(subcommand)]
        action: flags::Action,
    },
    /// Verify the audit trail, write it out, archive it.
    Audit {
        #[command(subcommand)]
        action: audit::Action,
    },
    /// Remove what was kept long enough.
    Retention {
        #[command(subcommand)]
        action: retention::Action,
    },
    /// Ask a running server whether it is ready, for containers and scripts: 0 when it is, 1 when
    /// it is not or does not answer, 78 when the configuration cannot be used.
    Healthcheck(healthcheck::Options),
    /// Check or show the configuration.
    Config {
        #[command(subcommand)]
        action: config::Action,
    },
    /// Print the description of the API (OpenAPI 3.1).
    Openapi(openapi::What),
}

/// `EX_CONFIG` of sysexits.h.
const EXIT_CONFIG: u8 = 78;

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(options) => serve::run(options, settings()?).await,
        Command::Migrate { action } => migrate::run(action, settings()?).await,
        Command::Dataset { action } => dataset::run(action, settings()?).await,
        Command::Strategy { action } => strategy::run(action, settings()?).await,
        Command::Backtest { action } => backtest::run(action, settings()?).await,
        Command::Queue { action } => queue::run(action, settings()?).await,
        Command::Schedules { action } => schedules::run(action, settings()?).await,
        Command::Audit { action } => audit::run(action).await,
        Command::Flags { action } => flags::run(action, settings()?).await,
        Command::Retention { action } => retention::run(action, settings()?).await,
        Command::Healthcheck(options) => healthcheck::run(options, settings()?).await,
        Command::Config { action } => config::run(&action),
        Command::Openapi(what) => {
            openapi::run(&what);
            Ok(())
        }
    }
}

fn settings() -> anyhow::Result<Settings> {
    Ok(tapedeck_config::load(&Sources::of_process())?)
}

#[expect(clippy::print_stderr, reason = "the command line's own errors are for its user")]
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(problems) = error.downcast_ref::<Problems>() {
        eprint!("{problems}");
        return ExitCode::from(EXIT_CONFIG);
    }
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
