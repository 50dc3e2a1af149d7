//! The whole application without a database, without result files and with a clock that stands
//! still: `docs/swapping-adapters.md` explains this file.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck::Adapters;
use tapedeck_config::{Sources, load};
use tapedeck_domain::port::{
    EvaluationContext, FlagErrorCode, FlagProvider, LogControl, Reason, Resolution,
};
use tapedeck_engine::BuiltIns;
use tapedeck_files::ParquetTables;
use tapedeck_sandbox::{InProcessRunner, InProcessSweeps};
use tapedeck_testkit::memory::{
    MemoryArchive, MemoryArtifacts, MemoryDatasetCatalog, MemoryDatasets, MemoryHeads, MemoryJobs,
    MemoryMaintenance, MemoryModules, MemoryReports, MemorySchedules, MemoryStrategies,
    MemorySweeps,
};
use tapedeck_testkit::{FakeClock, ScriptedInspector, SequentialIds};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// One adapter for each port, none of them the server's own but the engine.
fn adapters(clock: Arc<FakeClock>) -> Adapters {
    let jobs = Arc::new(MemoryJobs::default());
    let datasets = Arc::new(MemoryDatasets::default());
    let reports = Arc::new(MemoryReports::default());
    let sweeps = Arc::new(MemorySweeps::default());
    Adapters {
        clock,
        ids: Arc::new(SequentialIds::default()),
        jobs: jobs.clone(),
        queue: jobs.clone(),
        catalog: jobs.clone(),
        feed: jobs.clone(),
        control: jobs.clone(),
        audit: jobs.clone(),
        retention: jobs.clone(),
        overrides: jobs.clone(),
        schedules: Arc::new(MemorySchedules::new(jobs.clone())),
        chain: jobs,
        heads: Arc::new(MemoryHeads::default()),
        archive: Arc::new(MemoryArchive::default()),
        maintenance: Arc::new(MemoryMaintenance),
        market_data: None,
        flag_provider: Arc::new(Decided),
        log: Arc::new(Unchanging),
        dataset_catalog: Arc::new(MemoryDatasetCatalog::default()),
        inspector: Arc::new(BuiltIns),
        tables: Arc::new(ParquetTables),
        verifier: Arc::new(InProcessRunner::new(datasets.clone())),
        isolation: Arc::new(InProcessRunner::new(datasets.clone())),
        runner: Arc::new(InProcessRunner::new(datasets.clone())),
        modules: Arc::new(MemoryModules::default()),
        module_inspector: Arc::new(ScriptedInspector::default()),
        sweep_runner: Arc::new(InProcessSweeps::new(datasets.clone(), NonZeroUsize::MIN)),
        datasets,
        artifacts: Arc::new(MemoryArtifacts::new(reports.clone(), sweeps.clone())),
        reports,
        sweeps,
        strategies: Arc::new(BuiltIns),
        stored_strategies: Arc::new(MemoryStrategies::default()),
        probes: Vec::new(),
    }
}

/// A service that decides about flags by what it is told of the process.
struct Decided;

#[async_trait::async_trait]
impl FlagProvider for Decided {
    fn name(&self) -> &'static str {
        "decided"
    }

    async fn resolve_boolean(
        &self,
        key: &str,
        default: bool,
        context: &EvaluationContext,
    ) -> Resolution<bool> {
        let is_ours = context.targeting_key.as_deref() == Some("tapedeck-all");
        match key {
            "tight_limits" => Resolution::new(is_ours, Reason::TargetingMatch),
            "ai_assistant" => {
                Resolution::failed(!default, FlagErrorCode::ProviderNotReady, "still starting")
            }
            _ => Resolution::failed(default, FlagErrorCode::FlagNotFound, "no such flag"),
        }
    }
}

/// A log whose level nobody changes.
struct Unchanging;

impl LogControl for Unchanging {
    fn parse(&self, level: &str) -> Option<String> {
        Some(level.to_owned())
    }

    fn apply(&self, _: &str) {}
}

struct App {
    address: SocketAddr,
    client: reqwest::Client,
    stop: tokio_util::sync::CancellationToken,
    served: JoinHandle<()>,
    data: TempDir,
}

async fn start(adapters: Adapters) -> App {
    let data = tempfile::tempdir().unwrap();
    let env = BTreeMap::from([
        ("BACKEND_PORT".to_owned(), "0".to_owned()),
        ("TAPEDECK_DATA_DIR".to_owned(), data.path().to_str().unwrap().to_owned()),
    ]);
    let settings = load(&Sources { env, dir: None }).unwrap();
    let application = tapedeck::build_over(adapters, settings).await.unwrap();
    let (address, stop) = (application.address(), application.stop_token());
    let served = tokio::spawn(async move { application.run().await.unwrap() });
    App { address, client: tapedeck_tests::client(), stop, served, data }
}

impl App {
    /// Asks for a backtest and waits for its end; status and body.
    async fn run(&self, body: &Value) -> (u16, Value) {
        let url = format!("http://{}/api/v1/backtests", self.address);
        let request = self.client.post(url).header("prefer", "wait=60").json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn a_backtest_runs_over_adapters_that_keep_nothing() {
    let clock = Arc::new(FakeClock::at("2031-05-06T07:08:09Z".parse().unwrap()));
    let app = start(adapters(clock)).await;
    let body = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    let (status, job) = app.run(&body).await;
    assert_eq!((status, &job["status"]), (200, &json!("succeeded")), "{job}");
    assert_eq!(job["created_at"], "2031-05-06T07:08:09Z", "the clock is the test's");
    assert_eq!(job["finished_at"], job["created_at"], "and stood still");

    let flag = app.get("/api/v1/flags/tight_limits").await;
    assert_eq!((&flag["value"], &flag["source"]), (&json!(true), &json!("provider")));
    let (asked, allowed) = (&job["limits"]["timeout_ms"], 300_000 / 4);
    assert_eq!(asked, allowed, "the provider's decision is heeded");
    let undecided = app.get("/api/v1/flags/ai_assistant").await;
    assert_eq!((&undecided["value"], &undecided["source"]), (&json!(false), &json!("default")));

    let id = job["id"].as_str().unwrap();
    let metrics = app.get(&format!("/api/v1/backtests/{id}/metrics")).await;
    assert!(metrics.to_string().contains("sharpe"), "{metrics}");
    let written = std::fs::read_dir(app.data.path()).unwrap().count();
    assert_eq!(written, 0, "nothing was written to disk");

    app.stop.cancel();
    app.served.await.unwrap();
}

#[test]
fn the_document_quotes_this_file_and_its_neighbours() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let sources =
        read("tests/tests/swapping_adapters.rs") + &read("crates/sqlite/tests/conformance.rs");
    let lines: Vec<&str> = sources.lines().map(str::trim).collect();
    let document = read("docs/swapping-adapters.md");
    let blocks = document.split("```").skip(1).step_by(2);
    let quoted = blocks.flat_map(|block| block.lines().skip(1)).map(str::trim);
    // The one line that is shown and not run opens the real adapters.
    let quoted = quoted.filter(|line| !line.is_empty() && !line.contains("Adapters::open"));
    for line in quoted {
        assert!(lines.contains(&line), "the document quotes `{line}`");
    }
}
