//! `/healthz` and `/api/health`.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::examples;

/// The process serves.
#[derive(ToSchema)]
struct Live {
    #[schema(example = "ok")]
    status: String,
}

/// Whether the database answers.
#[derive(ToSchema)]
struct Health {
    status: HealthStatus,
    database: DatabaseStatus,
    #[schema(format = DateTime)]
    timestamp: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum HealthStatus {
    Ok,
    Degraded,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum DatabaseStatus {
    Connected,
    Unreachable,
}

/// Whether the server can do its work.
#[derive(ToSchema)]
struct Readiness {
    ready: bool,
    status: ReadyStatus,
    state: ServerState,
    /// Whether it is about to stop: runs under way end or are handed back.
    draining: bool,
    #[schema(format = DateTime)]
    timestamp: String,
    /// By name: `database`, `migrations`, `executor`, `artifact_store`, `market_data`,
    /// `sandbox`.
    checks: BTreeMap<String, Check>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ReadyStatus {
    Ready,
    NotReady,
}

/// `starting` until the database is there and migrated, `serving`, `degraded` while something is
/// missing or wrong that the server can do without, `unavailable` while it cannot, `draining`
/// when it is about to stop. It is ready while it is `serving` or `degraded`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum ServerState {
    Starting,
    Serving,
    Degraded,
    Unavailable,
    Draining,
}

/// One dependency.
#[derive(ToSchema)]
struct Check {
    status: CheckStatus,
    /// How long the check took.
    #[schema(required = false)]
    latency_ms: u64,
    /// Whether it is `up` and somebody should see to it all the same.
    #[schema(required = false)]
    degraded: bool,
    /// What is wrong, or how it stands.
    #[schema(required = false)]
    detail: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum CheckStatus {
    Up,
    Down,
    NotConfigured,
}

/// Whether the process serves
#[utoipa::path(get, path = "/healthz", tag = "health", responses(
    (status = 200, description = "The process serves.", body = Live, example = json!({"status": "ok"})),
))]
pub(super) fn get_healthz() {}

/// Whether the process serves
#[utoipa::path(get, path = "/api/health/live", tag = "health", responses(
    (status = 200, description = "The process serves.", body = Live, example = json!({"status": "ok"})),
))]
pub(super) fn get_live() {}

/// Whether the database answers
#[utoipa::path(get, path = "/api/health", tag = "health", responses(
    (status = 200, description = "The database answers.", body = Health, example = json!({
        "status": "ok", "database": "connected", "timestamp": "2026-11-21T08:00:00Z",
    })),
    (status = 503, description = "The database does not answer.", body = Health, example = json!({
        "status": "degraded", "database": "unreachable", "timestamp": "2026-11-21T08:00:00Z",
    })),
))]
pub(super) fn get_health() {}

/// Whether the server can do its work
///
/// A dependency that is configured and down makes it 503; one that is not configured does not.
/// The checks run side by side, each with a deadline: the answer comes within a second.
#[utoipa::path(get, path = "/api/health/ready", tag = "health", responses(
    (status = 200, description = "Ready.", body = Readiness, example = json!(examples::ready())),
    (status = 503, description = "A dependency is down, or the server is about to stop.", body = Readiness, example = json!({
        "ready": false, "status": "not_ready", "state": "unavailable", "draining": false, "timestamp": "2026-11-21T08:00:00Z",
        "checks": {"database": {"status": "down", "latency_ms": 800, "detail": "no answer in time"}},
    })),
))]
pub(super) fn get_ready() {}

/// What this process measures
///
/// In the text format of Prometheus, version 0.0.4. Figures of the database are at most a second
/// old, and are left out while it does not answer. The operator's guide lists all metrics.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, description = "All metrics.", content_type = "text/plain", body = String, example = json!(
        "# HELP tapedeck_ready 1 when everything that is configured can be used, as readiness says.\n# TYPE tapedeck_ready gauge\ntapedeck_ready 1\n"
    )),
))]
pub(super) fn get_process_metrics() {}
