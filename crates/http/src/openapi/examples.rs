//! Examples, as a server gave them.

use serde_json::Value;

macro_rules! examples {
    ($($name:ident $file:literal;)+) => {
        $(pub(super) fn $name() -> Value {
            // Each is a file of JSON, which a test reads.
            serde_json::from_str(include_str!(concat!("examples/", $file))).unwrap_or_default()
        })+

        #[cfg(test)]
        pub(super) fn all() -> Vec<Value> {
            vec![$($name()),+]
        }
    };
}

examples! {
    mcp_list_tools "mcp-list-tools.json";
    mcp_call_tool "mcp-call-tool.json";
    mcp_answer "mcp-answer.json";
    request_minimal "request-minimal.json";
    request_full "request-full.json";
    request_market "request-market.json";
    backtest_queued "backtest-queued.json";
    backtest "backtest.json";
    backtests "backtests.json";
    events "events.json";
    keys "keys.json";
    new_key "new-key.json";
    queue "queue.json";
    queue_paused "queue-paused.json";
    audit "audit.json";
    schedules "schedules.json";
    schedule "schedule.json";
    schedule_paused "schedule-paused.json";
    schedule_runs "schedule-runs.json";
    schedule_run_queued "schedule-run-queued.json";
    flags "flags.json";
    flag "flag.json";
    flag_default "flag-default.json";
    logging "logging.json";
    logging_default "logging-default.json";
    audit_verification "audit-verification.json";
    request_sweep "request-sweep.json";
    request_sweep_random "request-sweep-random.json";
    sweep_queued "sweep-queued.json";
    sweep "sweep.json";
    sweep_results "sweep-results.json";
    heatmap "heatmap.json";
    metrics "metrics.json";
    trades "trades.json";
    orders "orders.json";
    fills "fills.json";
    equity "equity.json";
    manifest "manifest.json";
    logs "logs.json";
    state "state.json";
    diff "diff.json";
    verification "verification.json";
    metric_definitions "metric-definitions.json";
    dataset "dataset.json";
    datasets "datasets.json";
    bars "bars.json";
    strategy "strategy.json";
    strategies "strategies.json";
    strategy_schema "strategy-schema.json";
    strategy_new "strategy-new.json";
    strategy_stored "strategy-stored.json";
    strategy_change "strategy-change.json";
    strategy_changed "strategy-changed.json";
    strategy_versions "strategy-versions.json";
    rules_to_check "rules-to-check.json";
    rules_valid "rules-valid.json";
    rules_invalid "rules-invalid.json";
    system "system.json";
    ready "ready.json";
}
