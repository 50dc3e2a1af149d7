//! The `tapedeck` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else, while the process has one thread: it puts layers around itself.
    tapedeck::cli::run_one_if_asked().unwrap_or_else(serve)
}

#[tokio::main]
async fn serve() -> ExitCode {
    tapedeck::cli::run().await
}
