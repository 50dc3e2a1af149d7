use clap::Subcommand;
use tapedeck_config::{Effective, Sources, effective, env_example, load, reference};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Check every value; all problems are listed at once.
    Check,
    /// Print every setting with its effective value and where that is from; secrets are redacted.
    Print,
    /// Print the reference of all settings, docs/configuration.md.
    Reference,
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
            for Effective { name, value, origin, .. } in effective(&sources).0 {
                println!("{name}={value}  # {origin}");
            }
        }
        Action::Reference => print!("{}", reference()),
        Action::Example => print!("{}", env_example()),
    }
    Ok(())
}
