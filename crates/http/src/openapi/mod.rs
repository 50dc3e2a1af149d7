//! The API's description (OpenAPI 3.1). Handlers stay free of it: shapes, parameters and
//! operations are described here, one file a subject, and tests hold them against the routes and
//! against what the server answers.
#![expect(
    dead_code,
    reason = "shapes and operations that are described, and never built or called"
)]

mod access;
mod assistants;
mod backtest;
mod backtests;
mod comparison;
mod complete;
mod datasets;
mod documents;
mod events;
mod examples;
mod execution;
mod health;
mod inspection;
mod live;
mod metrics;
mod operations;
mod paging;
mod playback;
mod problem;
mod request;
mod results;
mod rows;
mod schedules;
mod security;
mod strategies;
mod strategy;
mod sweep;
mod sweeps;
mod system;
#[cfg(test)]
mod tests;

use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tapedeck",
        version = env!("CARGO_PKG_VERSION"),
        description = include_str!("introduction.md"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "the server that serves this document")),
    tags(
        (name = "backtests", description = "Submit runs, follow them, end them."),
        (name = "results", description = "What a run left behind; tables as JSON, CSV, NDJSON or Parquet, by `Accept` or `?format=`. It never changes, so answers carry an entity tag. Runs that were cancelled, failed or timed out serve what they have, with `\"partial\": true`."),
        (name = "sweeps", description = "One strategy over many combinations of its parameters, as one job."),
        (name = "playback", description = "A finished run, bar by bar, at any speed."),
        (name = "datasets", description = "Bars that backtests run on."),
        (name = "strategies", description = "What backtests run: rules, and modules of users."),
        (name = "assistants", description = "Tools for programs that think for themselves, behind a flag; the guide is docs/assistants.md."),
        (name = "operations", description = "The queue as a whole, who decided what, and what the server is."),
        (name = "access", description = "Who may call this API: keys with scopes, and tickets for sockets and streams of browsers."),
        (name = "schedules", description = "What the server does by itself, and when."),
        (name = "health", description = "For probes and people; never behind a key."),
        (name = "documents", description = "This description, and a page for each problem."),
    ),
    paths(
        backtests::create_backtest, backtests::list_backtests, backtests::get_backtest,
        backtests::delete_backtest, backtests::cancel_backtest, events::list_backtest_events,
        results::get_metrics, results::list_trades, results::list_orders, results::list_fills,
        results::get_equity, results::get_manifest,
        sweeps::create_sweep, sweeps::list_sweeps, sweeps::get_sweep, sweeps::delete_sweep,
        sweeps::cancel_sweep, events::list_sweep_events, sweeps::list_sweep_results, sweeps::get_sweep_heatmap,
        inspection::list_logs, inspection::get_report, inspection::get_state,
        comparison::diff_backtests, comparison::rerun_backtest, comparison::verify_backtest,
        inspection::list_metric_definitions,
        playback::open_playback, playback::stream_playback,
        datasets::list_datasets, datasets::get_dataset, datasets::list_bars,
        strategies::list_strategies, strategies::create_strategy, strategies::get_strategy,
        strategies::update_strategy, strategies::delete_strategy,
        strategies::list_strategy_versions, strategies::get_strategy_schema,
        strategies::get_strategy_module,
        strategies::validate_strategy, strategies::get_rules_schema,
        operations::get_queue, operations::pause_queue, operations::resume_queue,
        operations::list_audit, operations::verify_audit, system::get_system,
        access::list_keys, access::create_key, access::revoke_key, access::create_ticket,
        assistants::call_mcp,
        schedules::list_schedules, schedules::get_schedule, schedules::list_schedule_runs,
        schedules::trigger_schedule, schedules::pause_schedule, schedules::resume_schedule,
        schedules::acknowledge_schedule,
        live::list_flags, live::get_flag, live::set_flag, live::clear_flag,
        live::get_logging, live::set_logging, live::clear_logging,
        health::get_healthz, health::get_live, health::get_health, health::get_ready,
        health::get_process_metrics,
        documents::get_openapi, documents::get_docs, documents::get_docs_file,
        documents::get_redoc, documents::get_redoc_file,
        documents::list_problems, documents::get_problem,
    ),
    components(schemas(problem::Problem, playback::ClientMessage, playback::ServerMessage, strategy::GuestDefinition)),
)]
struct Document;

/// What each operation can be refused with, apart from what every operation can be.
const PROBLEMS: &[&[complete::Refusals]] = &[
    assistants::PROBLEMS,
    backtests::PROBLEMS,
    events::PROBLEMS,
    access::PROBLEMS,
    operations::PROBLEMS,
    schedules::PROBLEMS,
    live::PROBLEMS,
    system::PROBLEMS,
    results::PROBLEMS,
    sweeps::PROBLEMS,
    inspection::PROBLEMS,
    comparison::PROBLEMS,
    playback::PROBLEMS,
    datasets::PROBLEMS,
    strategies::PROBLEMS,
    documents::PROBLEMS,
];

/// The document, as it is served at `/api/openapi.json`.
pub fn json() -> String {
    let mut document = Document::openapi();
    complete::complete(&mut document, PROBLEMS);
    // The document has text keys alone, which is all that could fail.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
