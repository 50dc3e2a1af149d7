use std::ffi::OsStr;
use std::os::fd::AsFd as _;
use std::process::ExitCode;

/// Runs one backtest for a server that started this process, if it did: then nothing else is to
/// happen here, neither a thread nor a look at settings.
#[expect(clippy::print_stderr, reason = "the server listens to what a process says at its end")]
pub fn run_one_if_asked() -> Option<ExitCode> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments != [OsStr::new(tapedeck_sandbox::SUBCOMMAND)] {
        return None;
    }
    let socket = std::io::stdin().as_fd().try_clone_to_owned();
    Some(match socket.and_then(tapedeck_sandbox::run_one) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    })
}
