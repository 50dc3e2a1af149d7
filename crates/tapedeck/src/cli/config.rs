use clap::Subcommand;
use tapedeck_config::{Sources, effective, env_example, load};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Check every value; all problems are listed at once.
    Check,
    /// Print every setting with its effective value; secrets are redacted.
    Print,
    /// Print a commented .env file with the defaults.
    Example,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) fn run(action: &Action) -> anyhow::Result<()> {
    let sources = Sources::of_process();
    match action {
        Action::Check => {
            load(&sources)?;
            println!("the configuration is valid");
        }
        Action::Print => {
            load(&sources)?;
            print!("{}", effective(&sources));
        }
        Action::Example => print!("{}", env_example()),
    }
    Ok(())
}
