use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tapedeck_application::{Decider, ScheduleView, Schedules};
use tapedeck_config::Settings;
use tapedeck_domain::schedule::{ScheduleName, ScheduleRun};

use crate::components::Components;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Show all schedules, when they are due next, and what they did last.
    List(Output),
    /// Have a worker do it now.
    Trigger(Which),
    /// Leave its ticks out; a run that goes on is not touched.
    Pause(Why),
    /// Let its ticks count again.
    Resume(Which),
    /// Take its alarm back, after it was looked at.
    Acknowledge(Which),
}

#[derive(Args)]
pub(super) struct Output {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Which {
    /// Its name, such as retention.
    name: ScheduleName,
}

#[derive(Args)]
pub(super) struct Why {
    /// Its name, such as retention.
    name: ScheduleName,
    /// For those who find it paused.
    #[arg(long)]
    reason: Option<String>,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let components = Components::open(&settings).await?;
    let (schedules, decider) = (components.schedules(), Decider::command_line());
    match action {
        Action::List(Output { json }) => print!("{}", listed(&schedules, json).await?),
        Action::Trigger(Which { name }) => {
            let run = schedules.trigger(name, decider).await?;
            println!("queued as {}: some worker begins it soon", run.id);
        }
        Action::Pause(Why { name, reason }) => {
            let was = schedules.find(name).await?.state.pause.is_some();
            schedules.pause(name, decider, reason).await?;
            println!("{}", if was { "it was paused before" } else { "paused" });
        }
        Action::Resume(Which { name }) => {
            let was = schedules.find(name).await?.state.pause.is_some();
            schedules.resume(name, decider).await?;
            println!("{}", if was { "resumed" } else { "it was not paused" });
        }
        Action::Acknowledge(Which { name }) => {
            let was = schedules.find(name).await?.state.alarm.is_some();
            schedules.acknowledge(name, decider).await?;
            println!("{}", if was { "acknowledged" } else { "there was no alarm" });
        }
    }
    Ok(())
}

async fn listed(schedules: &Schedules, json: bool) -> anyhow::Result<String> {
    let views = schedules.list().await?;
    if json {
        let items: Vec<Value> = views.iter().map(view_json).collect();
        return Ok(format!("{}\n", json!({ "items": items })));
    }
    Ok(views.iter().map(view_text).collect())
}

fn view_json(view: &ScheduleView) -> Value {
    let last = view.latest.as_ref().map(|recorded| run_json(&recorded.run));
    json!({
        "name": view.setup.name.as_str(),
        "status": view.status.as_str(),
        "cron": view.setup.ticks.as_ref().map(|(cron, _)| cron.as_ref()),
        "timezone": view.timezone.as_ref(),
        "next_at": view.next_at.map(|moment| moment.to_string()),
        "alarm": view.state.alarm.as_ref().map(run_json),
        "last_run": last,
    })
}

fn run_json(run: &ScheduleRun) -> Value {
    json!({
        "id": run.id.to_string(),
        "status": run.status(),
        "started_at": run.started_at.map(|moment| moment.to_string()),
        "finished_at": run.ended.map(|ended| ended.at.to_string()),
        "duration_ms": run.ended.and_then(|ended| ended.duration_ms),
        "detail": run.detail,
    })
}

fn view_text(view: &ScheduleView) -> String {
    let cron = view.setup.ticks.as_ref().map_or("off", |(cron, _)| cron.as_ref());
    let (name, status) = (view.setup.name, view.status.as_str());
    let mut text = format!("{name}: {status}, {cron} ({})", view.timezone);
    if let Some(next) = view.next_at {
        text += &format!(", next at {next}");
    }
    if let Some(run) = view.latest.as_ref().map(|recorded| &recorded.run) {
        let detail = run.detail.as_deref().unwrap_or_default();
        text += &format!("\n  last: {} at {}: {detail}", run.status(), run.created_at);
    }
    if let Some(detail) = view.state.alarm.as_ref().and_then(|run| run.detail.as_ref()) {
        text += &format!("\n  alarm: {detail}");
    }
    text + "\n"
}
