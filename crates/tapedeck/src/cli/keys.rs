use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tapedeck_application::{Decider, NewKey};
use tapedeck_config::Settings;
use tapedeck_domain::access::{AccessKey, Scope};
use tapedeck_domain::id::KeyName;
use tapedeck_domain::time::Timestamp;

use crate::components::Components;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Make a key, and print it: once, for nobody can read it afterwards.
    Create(Create),
    /// List all keys, those that have expired or were revoked included.
    List(Output),
    /// Take a key back, for good.
    Revoke {
        /// Its name.
        name: KeyName,
    },
}

#[derive(Args)]
pub(super) struct Create {
    /// What it is called: a-z, 0-9, `_` and `-`. Each name is used once.
    name: KeyName,
    /// What it may do; each includes those before it.
    #[arg(long, value_enum)]
    scope: ScopeName,
    /// After which time it is refused, such as 12h, 30d or 8w; never when nothing is said.
    #[arg(long, value_parser = duration)]
    expires_in: Option<Duration>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeName {
    /// Look at everything but keys and the audit trail.
    Read,
    /// Submit, cancel and remove runs, and write strategies.
    Run,
    /// Everything.
    Admin,
}

#[derive(Args)]
pub(super) struct Output {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

impl From<ScopeName> for Scope {
    fn from(name: ScopeName) -> Self {
        match name {
            ScopeName::Read => Self::Read,
            ScopeName::Run => Self::Run,
            ScopeName::Admin => Self::Admin,
        }
    }
}

/// A whole number and its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = |unit| match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        'w' => Some(7 * 86_400),
        _ => None,
    };
    let parsed = text.char_indices().next_back().and_then(|(at, last)| {
        let number: u64 = text.get(..at)?.parse().ok()?;
        number.checked_mul(unit(last)?)
    });
    let fits = parsed.filter(|seconds| (1..=10 * 366 * 86_400).contains(seconds));
    fits.map(Duration::from_secs)
        .ok_or_else(|| "a whole number and s, m, h, d or w, up to ten years".to_owned())
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let components = Components::open(&settings).await?;
    let now = components.adapters.clock.now();
    let keys = components.keys();
    let by = Decider::command_line();
    match action {
        Action::Create(Create { name, scope, expires_in }) => {
            let new = NewKey { name, scope: scope.into(), expires_in };
            let (key, text) = keys.create(by, new).await?;
            // The key alone on stdout, so that it can be piped to where it is kept.
            println!("{}", text.expose());
            eprintln!("{} may {}: keep it, it is not shown again", key.name, key.scope);
        }
        Action::List(Output { json }) => {
            let found = keys.list().await?;
            print!("{}", if json { list_json(&found) } else { list_text(&found, now) });
        }
        Action::Revoke { name } => {
            let key = keys.named(&name).await.with_context(|| name.to_string())?;
            let revoked = keys.revoke(by, key.id).await?;
            println!("{}", if revoked { "revoked" } else { "it was revoked before" });
        }
    }
    Ok(())
}

fn list_json(keys: &[AccessKey]) -> String {
    let time = |moment: Option<Timestamp>| moment.map(|moment| moment.to_string());
    let item = |key: &AccessKey| {
        json!({
            "id": key.id,
            "name": key.name,
            "prefix": key.prefix,
            "scope": key.scope.as_str(),
            "created_at": key.created_at.to_string(),
            "expires_at": time(key.expires_at),
            "revoked_at": time(key.revoked_at),
            "last_used_at": time(key.last_used_at),
        })
    };
    let items: Vec<Value> = keys.iter().map(item).collect();
    format!("{}\n", json!({"items": items}))
}

fn list_text(keys: &[AccessKey], now: Timestamp) -> String {
    let line = |key: &AccessKey| {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(moment), _) => format!("revoked {moment}"),
            (None, Some(end)) if end <= now => format!("expired {end}"),
            (None, Some(end)) => format!("until {end}"),
            (None, None) => "for ever".to_owned(),
        };
        let used = key.last_used_at.map_or("never used".to_owned(), |at| format!("used {at}"));
        let (name, scope) = (key.name.as_str(), key.scope.as_str());
        format!("{name:<20} {scope:<6} {}...  {state}, {used}\n", key.prefix)
    };
    keys.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, seconds) in
            [("1s", 1), ("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "d", "30", "-1d", "1.5d", "0d", "1y", "99999d", "3 d", "1dä"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
