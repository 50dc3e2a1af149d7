use anyhow::Context as _;
use clap::{ArgAction, Args, Subcommand};
use serde_json::json;
use tapedeck_application::{Decider, FlagView};
use tapedeck_config::Settings;
use tapedeck_domain::flag::Flag;

use crate::adapters::Adapters;
use crate::live::Live;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Show every flag with its value and where that is from.
    List(Output),
    /// Set a flag for every process, until it is taken back.
    Set(Set),
    /// Take back what was set: the configuration holds again.
    Clear(Which),
}

#[derive(Args)]
pub(super) struct Output {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Set {
    #[command(flatten)]
    which: Which,
    /// Whether it is on.
    #[arg(action = ArgAction::Set)]
    value: bool,
}

#[derive(Args)]
pub(super) struct Which {
    /// The flag.
    #[arg(value_parser = flag)]
    key: Flag,
}

fn flag(key: &str) -> Result<Flag, String> {
    let known = || Flag::ALL.map(Flag::key).join(", ");
    Flag::of_key(key).ok_or_else(|| format!("there are: {}", known()))
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let adapters = Adapters::open(&settings).await?;
    let flags = Live::open(&adapters, &settings).await.flags;
    let by = Decider::command_line();
    match action {
        Action::List(Output { json }) => {
            let views = flags.list().await.context("reading the flags")?;
            print!("{}", if json { list_json(&views) } else { views.iter().map(line).collect() });
        }
        Action::Set(Set { which: Which { key }, value }) => {
            print!("{}", line(&flags.set(key, Some(value), by).await?));
        }
        Action::Clear(Which { key }) => print!("{}", line(&flags.set(key, None, by).await?)),
    }
    Ok(())
}

fn line(FlagView { flag, value, source, set }: &FlagView) -> String {
    let set = set.as_ref().map(|set| format!(" since {} by {}", set.at, set.by));
    let (key, set) = (flag.key(), set.unwrap_or_default());
    format!("{key}: {value} ({}{set})\n", source.as_str())
}

fn list_json(views: &[FlagView]) -> String {
    let one = |view: &FlagView| {
        let declared = view.flag.declaration();
        json!({
            "key": declared.key,
            "value": view.value,
            "kind": declared.kind.as_str(),
            "default": declared.default,
            "description": declared.description,
            "owner": declared.owner,
            "source": view.source.as_str(),
        })
    };
    format!("{}\n", json!({"items": views.iter().map(one).collect::<Vec<_>>()}))
}
