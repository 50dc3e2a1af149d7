//! Runners over bars in memory, and processes that do as their test says.
#![expect(dead_code, reason = "each test program uses some of it")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::isolation::{IsolationPolicy, LayerPolicy};
use tapedeck_domain::job::Limits;
use tapedeck_domain::port::{DatasetStore as _, RunControl, RunRequest};
use tapedeck_domain::spec::Specification;
use tapedeck_domain::strategy::{Strategy, built_ins};
use tapedeck_domain::time::Timestamp;
use tapedeck_sandbox::{ChildRunner, SandboxOptions};
use tapedeck_testkit::builders;
use tapedeck_testkit::memory::{MemoryDatasets, MemoryModules};
use tempfile::TempDir;

pub(crate) const NO_LIMITS: Limits = Limits::of_time_and_memory(600_000, 4096);

/// Bars in a store, and what there is to run over them.
pub(crate) struct World {
    pub(crate) datasets: Arc<MemoryDatasets>,
    pub(crate) spec: Specification,
    scripts: TempDir,
}

impl World {
    /// With so many bars of a price that swings.
    pub(crate) async fn of(bars: usize) -> Self {
        let bars = swinging(bars);
        let mut spec = builders::specification(7);
        let view = bars.view();
        (spec.from, spec.to) = (view.timestamp(0), view.timestamp(view.len() - 1));
        spec.dataset.content_hash = bars.content_hash();
        let datasets = Arc::new(MemoryDatasets::default());
        datasets.put(&spec.dataset.content_hash.clone(), Arc::new(bars)).await.unwrap();
        Self { datasets, spec, scripts: TempDir::new().unwrap() }
    }

    pub(crate) fn runner(&self, options: SandboxOptions) -> ChildRunner {
        self.runner_of(honest(), options)
    }

    /// Whose processes misbehave.
    pub(crate) fn hostile(&self, behaviour: &str) -> ChildRunner {
        let script = self.scripts.path().join(behaviour);
        let text = format!("#!/bin/sh\nexec {} {behaviour}\n", honest().display());
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.runner_of(script, options(0))
    }

    pub(crate) fn runner_of(&self, program: PathBuf, options: SandboxOptions) -> ChildRunner {
        let modules = Arc::new(MemoryModules::default());
        ChildRunner::new(program, self.datasets.clone(), modules, options)
    }

    pub(crate) fn request(&self, limits: Limits) -> RunRequest {
        RunRequest { spec: self.spec.clone(), limits, control: Arc::new(RunControl::default()) }
    }

    /// The same of another strategy with its defaults.
    pub(crate) fn request_of(&self, strategy: &Strategy) -> RunRequest {
        let mut request = self.request(NO_LIMITS);
        request.spec.strategy = strategy.reference.clone();
        request.spec.params = strategy.params(&std::collections::BTreeMap::new()).unwrap();
        request
    }
}

pub(crate) fn honest() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_sandbox-child"))
}

pub(crate) fn all_built_ins() -> Vec<Strategy> {
    built_ins()
}

pub(crate) fn options(standby: usize) -> SandboxOptions {
    SandboxOptions {
        standby,
        at_once: 16,
        policy: IsolationPolicy::same(LayerPolicy::Preferred),
        first_uid: 61_000,
        compile_timeout: Duration::from_secs(60),
        cache_bytes: 64 << 20,
    }
}

/// Minutes whose closes go up and down, so that every rule trades.
fn swinging(n: usize) -> Bars {
    let wave = |i: usize| (i % 40).abs_diff(20) as f64 + (i % 7) as f64 / 10.0;
    let close: Vec<f64> = (0..n).map(|i| 100.0 + wave(i)).collect();
    let moved = |by: f64| close.iter().map(|price| price + by).collect::<Vec<f64>>();
    let (open, high, low) = (moved(-0.1), moved(0.7), moved(-0.3));
    let start: Timestamp = "2020-01-01".parse().unwrap();
    let time = (0..n as i64).map(|i| start.as_nanos() + i * 60_000_000_000).collect();
    Bars::new(Columns { time, open, high, low, close, volume: vec![1.5; n], quotes: None }).unwrap()
}

/// Polls until `reached`, for as long as a slow machine may take.
pub(crate) async fn until(what: &str, mut reached: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

/// The children of this process, zombies included.
pub(crate) fn children() -> Vec<u32> {
    let mut found = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let text = std::fs::read_to_string(task.unwrap().path().join("children"));
        let text = text.unwrap_or_default();
        found.extend(text.split_whitespace().map(|pid| pid.parse::<u32>().unwrap()));
    }
    found
}

pub(crate) fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
