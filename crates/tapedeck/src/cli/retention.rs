use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tapedeck_application::{Occasion, Orphans, PlannedState, Removed, RetentionPlan};
use tapedeck_config::Settings;
use tapedeck_domain::actor::Actor;

use crate::components::Components;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Show what would be removed, and remove nothing.
    Plan(Output),
    /// Remove it; beside a running server, too.
    Apply(Output),
}

#[derive(Args)]
pub(super) struct Output {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action, settings: Settings) -> anyhow::Result<()> {
    let components = Components::open(&settings).await?;
    let retention = components.retention(&settings.retention);
    let plan = retention.plan().await?;
    match action {
        Action::Plan(Output { json: true }) => println!("{}", plan_json(&plan)),
        Action::Plan(Output { json: false }) => print!("{}", plan_text(&plan)),
        Action::Apply(Output { json }) => {
            let occasion = Occasion::Asked(Actor::command_line(), None);
            let removed = retention.apply(&occasion).await?;
            if json {
                println!(
                    "{}",
                    json!({"plan": plan_json(&plan), "removed": removed_json(&removed)})
                );
            } else {
                print!("{}{}", plan_text(&plan), removed_text(&removed));
            }
        }
    }
    Ok(())
}

fn plan_json(plan: &RetentionPlan) -> Value {
    let states = plan.states.iter().map(|state| {
        json!({
            "status": state.rule.status.as_str(),
            "ended_before": state.rule.ended_before.map(|moment| moment.to_string()),
            "keep_latest": state.rule.keep_latest,
            "by_age": state.by_age,
            "by_count": state.by_count,
            "expired": state.expired,
        })
    });
    json!({
        "states": states.collect::<Vec<_>>(),
        "keys": plan.keys,
        "orphans": orphans_json(plan.orphans),
        "clock_jumped": plan.clock_jumped,
    })
}

fn removed_json(removed: &Removed) -> Value {
    json!({
        "jobs": removed.jobs,
        "artifacts": removed.artifacts,
        "orphans": orphans_json(removed.orphans),
        "unfinished_files": removed.unfinished,
        "keys": removed.keys,
    })
}

fn orphans_json(orphans: Orphans) -> Value {
    json!({
        "of_removed_jobs": orphans.of_removed_jobs,
        "superseded": orphans.superseded,
        "of_unknown_jobs": orphans.of_unknown_jobs,
    })
}

fn plan_text(plan: &RetentionPlan) -> String {
    let mut lines: Vec<String> = plan.states.iter().map(state_text).collect();
    if lines.is_empty() {
        lines.push("jobs: all are kept (retention.*_days, retention.keep_latest)".to_owned());
    }
    lines.push(format!("idempotency keys: {} would be forgotten", plan.keys));
    lines.push(format!("artifacts that no job points to: {}", orphans_text(plan.orphans)));
    if plan.clock_jumped {
        lines.push("the clock has jumped: nothing is removed for its age".to_owned());
    }
    lines.join("\n") + "\n"
}

fn state_text(state: &PlannedState) -> String {
    let PlannedState { rule, by_age, by_count, expired } = state;
    let mut why = Vec::new();
    if let Some(moment) = rule.ended_before {
        why.push(format!("{by_age} ended before {moment}"));
    }
    if let Some(keep) = rule.keep_latest {
        why.push(format!("{by_count} beyond the latest {keep}"));
    }
    format!("{}: {expired} would be removed ({})", rule.status.as_str(), why.join(", "))
}

fn orphans_text(orphans: Orphans) -> String {
    format!(
        "{} ({} of removed jobs, {} superseded, {} of unknown jobs)",
        orphans.all(),
        orphans.of_removed_jobs,
        orphans.superseded,
        orphans.of_unknown_jobs
    )
}

fn removed_text(removed: &Removed) -> String {
    format!(
        "removed {} jobs with {} artifacts, {} orphans, {} unfinished files, {} keys\n",
        removed.all_jobs(),
        removed.artifacts,
        removed.orphans.all(),
        removed.unfinished,
        removed.keys
    )
}
