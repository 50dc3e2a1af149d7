//! Schedules and their runs.

use serde_json::{Value, json};
use tapedeck_application::ScheduleView;
use tapedeck_domain::schedule::{Cause, ScheduleRun};

use super::queue::pause;

/// A schedule as clients see it.
pub(crate) fn schedule(view: &ScheduleView) -> Value {
    let (name, state) = (view.setup.name, &view.state);
    json!({
        "name": name.as_str(),
        "description": name.description(),
        "status": view.status.as_str(),
        "cron": view.setup.ticks.as_ref().map(|(cron, _)| cron.as_ref()),
        "timezone": view.timezone.as_ref(),
        "overlap": name.overlap().as_str(),
        "missed": name.missed().as_str(),
        "paused": state.pause.is_some(),
        "pause": state.pause.as_ref().map(pause),
        "next_at": view.next_at.map(|moment| moment.to_string()),
        "running": state.running.is_some(),
        "alarm": state.alarm.as_ref().map(schedule_run),
        "last_run": view.latest.as_ref().map(|recorded| schedule_run(&recorded.run)),
    })
}

/// A run as clients see it.
pub(crate) fn schedule_run(run: &ScheduleRun) -> Value {
    let (cause, by, request_id) = match &run.cause {
        Cause::Tick(_) => ("tick", None, None),
        Cause::Asked { by, request_id } => ("request", Some(by), request_id.as_ref()),
    };
    json!({
        "id": run.id.to_string(),
        "schedule": run.schedule.as_str(),
        "status": run.status(),
        "cause": cause,
        "tick": run.tick().map(|moment| moment.to_string()),
        "requested_by": by,
        "request_id": request_id,
        "worker_id": run.worker.map(|worker| worker.to_string()),
        "created_at": run.created_at.to_string(),
        "started_at": run.started_at.map(|moment| moment.to_string()),
        "finished_at": run.ended.map(|ended| ended.at.to_string()),
        "duration_ms": run.ended.and_then(|ended| ended.duration_ms),
        "detail": run.detail,
    })
}
