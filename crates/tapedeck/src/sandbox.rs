//! From the settings to how runs are kept apart.

use std::path::PathBuf;

use tapedeck_config::{LayerNeed, SandboxSettings, Settings};
use tapedeck_domain::isolation::{IsolationPolicy, LayerPolicy};
use tapedeck_sandbox::SandboxOptions;

/// This program, whatever happens to its file while it runs.
pub(crate) fn program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// Bytes of bars and of compiled modules that are kept ready for runs.
const CACHE_BYTES: u64 = 256 << 20;
/// Repeats of runs at once; whoever asks for more waits.
const REPEATS_AT_ONCE: usize = 2;

/// How runs are kept apart.
pub fn of_runs(settings: &Settings) -> SandboxOptions {
    let Settings { sandbox, .. } = settings;
    SandboxOptions {
        standby: sandbox.standby,
        at_once: usize::MAX,
        policy: policy(sandbox),
        first_uid: sandbox.first_uid,
        compile_timeout: sandbox.compile_timeout,
        cache_bytes: CACHE_BYTES,
    }
}

/// How repeats of runs are: they share nothing with the first, neither a process that waits nor
/// bars that were read before.
pub fn of_repeats(settings: &Settings) -> SandboxOptions {
    let runs = of_runs(settings);
    SandboxOptions { standby: 0, at_once: REPEATS_AT_ONCE, cache_bytes: 0, ..runs }
}

fn policy(SandboxSettings { layers, .. }: &SandboxSettings) -> IsolationPolicy {
    IsolationPolicy {
        uid: layer(layers.uid),
        no_new_privs: layer(layers.no_new_privs),
        rlimits: layer(layers.rlimits),
        landlock: layer(layers.landlock),
        seccomp: layer(layers.seccomp),
        network: layer(layers.network),
        cgroup: layer(layers.cgroup),
    }
}

fn layer(need: LayerNeed) -> LayerPolicy {
    match need {
        LayerNeed::Required => LayerPolicy::Required,
        LayerNeed::Preferred => LayerPolicy::Preferred,
    }
}
