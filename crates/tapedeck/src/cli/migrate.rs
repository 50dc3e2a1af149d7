use clap::Subcommand;
use tapedeck_config::Settings;

use crate::store;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Apply all pending migrations.
    Up,
    /// Take the latest migration back.
    Down,
    /// Show what is applied and what is pending.
    Status,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let migrations = store::open(&settings.database).await?.migrations;
    match action {
        Action::Up => {
            let applied = migrations.up().await?;
            applied.iter().for_each(|version| println!("applied {version}"));
            if applied.is_empty() {
                println!("nothing to apply");
            }
        }
        Action::Down => match migrations.down().await? {
            Some(version) => println!("took back {version}"),
            None => println!("nothing to take back"),
        },
        Action::Status => {
            let status = migrations.status().await?;
            let rows = [
                ("applied", status.applied),
                ("pending", status.pending),
                ("unknown to this build", status.unknown),
            ];
            for (label, versions) in rows {
                versions.iter().for_each(|version| println!("{version}  {label}"));
            }
        }
    }
    Ok(())
}
