//! The `tapedeck` binary.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tapedeck::cli::run().await
}
