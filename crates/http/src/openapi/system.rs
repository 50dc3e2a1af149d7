//! What the server is.

use utoipa::ToSchema;

use super::complete::Refusals;
use super::examples;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] =
    &[("get_system", &[Code::ValidationError, Code::Unavailable])];

/// What the server is.
#[derive(ToSchema)]
struct System {
    /// Of the server.
    version: String,
    build: BuildInfo,
    /// Of the engine: results of two that differ in it may differ.
    engine_version: String,
    role: SystemRole,
    sandbox: Sandbox,
    limits: SystemLimits,
    /// Every setting, with its value and where that is from; secrets are not shown.
    configuration: Vec<ConfiguredSetting>,
}

/// A setting.
#[derive(ToSchema)]
struct ConfiguredSetting {
    /// Its place in the configuration file.
    #[schema(example = "server.port")]
    key: String,
    /// Its name in the environment.
    #[schema(example = "BACKEND_PORT")]
    name: String,
    /// `[secret]` where that is one.
    value: String,
    /// Such as `default`, `environment BACKEND_PORT` or `file tapedeck.toml`.
    source: String,
}

/// What it was built from.
#[derive(ToSchema)]
struct BuildInfo {
    /// `unknown` outside a checkout.
    commit: String,
    architecture: String,
}

/// What the process does: `api` answers, `worker` runs, `all` does both.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum SystemRole {
    All,
    Api,
    Worker,
}

/// What is around each run.
#[derive(ToSchema)]
struct Sandbox {
    /// Each once, in the order in which they are put on.
    layers: Vec<SandboxLayer>,
}

#[derive(ToSchema)]
struct SandboxLayer {
    layer: LayerName,
    policy: LayerPolicy,
    /// Whether it holds.
    enforced: bool,
    /// How, or why not.
    detail: String,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum LayerName {
    Cgroup,
    Network,
    Uid,
    NoNewPrivs,
    Rlimits,
    Landlock,
    Seccomp,
}

/// Where the layer cannot be put on, `required` means that no run starts, `preferred` that runs
/// start without it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum LayerPolicy {
    Required,
    Preferred,
}

/// What the server allows at most at this moment, which `tight_limits` lowers: of each run, and how many jobs may wait.
#[derive(ToSchema)]
struct SystemLimits {
    timeout_ms: u64,
    memory_mb: u64,
    cpu_ms: u64,
    bars: u64,
    orders: u64,
    log_lines: u64,
    output_bytes: u64,
    queue: u64,
}

/// What the server is
///
/// Its build, its limits, and what is around each run.
#[utoipa::path(get, path = "/api/v1/system", tag = "operations",
    responses((status = 200, description = "The server.", body = System, example = json!(examples::system()))),
)]
pub(super) fn get_system() {}
