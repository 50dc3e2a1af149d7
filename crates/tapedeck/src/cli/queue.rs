use clap::{Args, Subcommand};
use serde_json::json;
use tapedeck_config::Settings;
use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::port::{Pause, QueueStatus};
use tapedeck_domain::time::Timestamp;

use crate::adapters::Adapters;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Show how long the queue is, and whether it is paused.
    Status(Output),
    /// Have no worker take anything from it; what runs is not touched.
    Pause(Why),
    /// Let the workers go on.
    Resume,
}

#[derive(Args)]
pub(super) struct Output {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Why {
    /// For those who find it paused.
    #[arg(long)]
    reason: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let adapters = Adapters::open(&settings).await?;
    let now = adapters.clock.now();
    match action {
        Action::Status(Output { json }) => {
            let status = adapters.control.status(now).await?;
            print!("{}", if json { status_json(&status) } else { status_text(&status) });
        }
        Action::Pause(Why { reason }) => {
            let pause = Pause { at: now, by: Actor::command_line(), request_id: None, reason };
            let changed = set(&adapters, Some(pause), now).await?;
            println!("{}", if changed { "paused" } else { "it was paused before" });
        }
        Action::Resume => {
            let changed = set(&adapters, None, now).await?;
            println!("{}", if changed { "resumed" } else { "it was not paused" });
        }
    }
    Ok(())
}

async fn set(adapters: &Adapters, pause: Option<Pause>, now: Timestamp) -> anyhow::Result<bool> {
    let verb = if pause.is_some() { "pause" } else { "resume" };
    let before = adapters.control.status(now).await?.pause;
    let audit = AuditEntry {
        at: now,
        actor: Actor::command_line(),
        action: format!("queue.{verb}"),
        subject: "queue".to_owned(),
        request_id: None,
        before: before.map(|pause| json!({"paused": true, "reason": pause.reason})),
        after: pause.as_ref().map(|pause| json!({"paused": true, "reason": pause.reason})),
    };
    Ok(adapters.control.set_pause(pause, audit).await?)
}

fn status_json(status: &QueueStatus) -> String {
    let pause = status
        .pause
        .as_ref()
        .map(|pause| json!({"at": pause.at.to_string(), "by": pause.by, "reason": pause.reason}));
    let document = json!({
        "pause": pause,
        "queued": status.queued,
        "scheduled": status.scheduled,
        "running": status.running,
        "oldest": status.oldest.map(|moment| moment.to_string()),
    });
    format!("{document}\n")
}

fn status_text(status: &QueueStatus) -> String {
    let QueueStatus { pause, queued, scheduled, batch: _, running, oldest } = status;
    let mut text = format!("queued: {queued} ({scheduled} for later)\nrunning: {running}\n");
    if let Some(moment) = oldest {
        text += &format!("longest wait: since {moment}\n");
    }
    if let Some(Pause { at, by, reason, .. }) = pause {
        let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        text += &format!("paused since {at} by {by}{reason}\n");
    }
    text
}
