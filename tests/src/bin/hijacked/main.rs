//! The server, except that the processes of its runs are taken over as soon as they have all
//! layers on: those of runs with the seed 666, and those that compile a module which ends in these
//! digits. What they do then is in the environment of the
//! server, as `HOSTILE`. Whatever gets through that should not makes the process fail.
#![expect(clippy::print_stderr, reason = "what hostile processes do")]

mod acts;
mod scene;

use std::io::Result;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use scene::Scene;
use tapedeck_sandbox::Sealed;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != tapedeck_sandbox::SUBCOMMAND) {
        return serve();
    }
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve() -> ExitCode {
    tapedeck::cli::run().await
}

fn answer() -> Result<()> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    // While files still open.
    Scene::set(socket.try_clone()?.into())?;
    ignore_being_asked_to_end()?;
    tapedeck_sandbox::run_one_with(socket, |sealed| {
        let hostile = match sealed {
            Sealed::Run(spec) => spec.seed == 666,
            Sealed::Compile(module) => module.ends_with(b"666"),
        };
        if hostile {
            acts::play();
        }
    })
}

/// SIGTERM does nothing any more.
fn ignore_being_asked_to_end() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _inside = runtime.enter();
    let terminate = tokio::signal::unix::SignalKind::terminate();
    // What catches it stays, although nobody asks what was caught.
    tokio::signal::unix::signal(terminate).map(drop)
}
