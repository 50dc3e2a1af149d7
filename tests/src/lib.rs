//! The real application on a free port, with a data directory of its own.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test")]

pub mod proxy;
pub mod schema;
pub mod sse;
pub mod torture;
pub mod ws;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tapedeck::Adapters;
use tapedeck_config::{Sources, load};
use tapedeck_sandbox::{ChildRunner, SandboxOptions};
use tempfile::TempDir;

/// A running application; dropping it stops it and removes its data.
pub struct TestApp {
    /// Where it listens.
    pub address: SocketAddr,
    /// A client for it.
    pub client: reqwest::Client,
    data: TempDir,
    stop: tokio_util::sync::CancellationToken,
}

impl TestApp {
    /// Starts the application on the embedded database with default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts it with further variables of the environment.
    pub async fn with(env: &[(&str, &str)]) -> Self {
        Self::over(env, |adapters| adapters).await
    }

    /// Starts it over the real adapters, some of them exchanged.
    pub async fn over(env: &[(&str, &str)], change: impl FnOnce(Adapters) -> Adapters) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut all = BTreeMap::from([
            ("BACKEND_PORT".to_owned(), "0".to_owned()),
            ("TAPEDECK_DATA_DIR".to_owned(), data.path().to_str().unwrap().to_owned()),
        ]);
        all.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = load(&Sources { env: all, dir: None }).unwrap();
        let mut adapters = Adapters::open(&settings).await.unwrap();
        // This program is a test, which could not run a backtest for anybody.
        let runner = child_runner(binary(), &adapters, tapedeck::sandbox::of_runs(&settings));
        adapters.module_inspector = runner.clone();
        adapters.isolation = runner.clone();
        adapters.runner = runner;
        adapters.verifier =
            child_runner(binary(), &adapters, tapedeck::sandbox::of_repeats(&settings));
        let adapters = change(adapters);
        let application = tapedeck::build_over(adapters, settings).await.unwrap();
        let (address, stop) = (application.address(), application.stop_token());
        tokio::spawn(application.run());
        Self { address, client: client(), data, stop }
    }

    /// The data directory.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data.path()
    }

    /// An absolute URL for a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// `GET path`, its status and its JSON body.
    pub async fn get_json(&self, path: &str) -> (u16, Value) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// `GET path` until the answer has this status, as often as a patient operator would.
    ///
    /// # Panics
    /// When it never has.
    #[expect(clippy::panic, reason = "fails the test")]
    pub async fn until(&self, path: &str, status: u16) -> Value {
        let mut last = (0, Value::Null);
        for _ in 0..600 {
            last = self.get_json(path).await;
            if last.0 == status {
                return last.1;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("still {last:?}");
    }

    /// `POST /api/v1/backtests`, its status and its JSON body.
    pub async fn post_backtest(&self, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url("/api/v1/backtests")).json(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Posts a backtest and waits for its end.
    pub async fn run_backtest(&self, body: &Value) -> Value {
        let (status, posted) = self.post_backtest(body).await;
        assert!(status == 202 || status == 200, "{posted}");
        self.wait_for(posted["id"].as_str().unwrap()).await
    }

    /// Waits for the end of a backtest.
    pub async fn wait_for(&self, id: &str) -> Value {
        let (_, resource) = self.get_json(&format!("/api/v1/backtests/{id}?wait=60")).await;
        assert!(resource["finished_at"].is_string(), "{resource}");
        resource
    }

    /// Adds one-minute bars of a random walk to the catalog, by the command line, beside the
    /// running server.
    #[expect(clippy::disallowed_methods, reason = "starts the binary")]
    pub async fn generate(&self, id: &str, rows: usize) {
        let rows = rows.to_string();
        let args = ["dataset", "generate", "--rows", &rows, "--seed", "1", "--interval", "1m"];
        let mut command = tokio::process::Command::new(binary());
        command.args(args).args(["--id", id]).env("TAPEDECK_DATA_DIR", self.data_dir());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The URL of the playback channel of a run.
    pub fn ws_url(&self, id: &str) -> String {
        format!("ws://{}/api/v1/backtests/{id}/ws", self.address)
    }

    /// Stops the application as SIGTERM would.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

/// The crossover of the reference results: 20/50 on AAPL, 100 shares at 10 bps.
pub fn crossover() -> Value {
    serde_json::json!({
        "dataset_id": "aapl-1d",
        "strategy_id": "sma_crossover",
        "params": {"fast": 20, "slow": 50},
        "sizing": {"kind": "fixed_quantity", "value": 100},
        "costs": {"commission_bps": 10},
    })
}

/// Runs in processes of `program`, over the bars and modules of `adapters`.
pub fn child_runner(
    program: std::path::PathBuf,
    adapters: &Adapters,
    options: SandboxOptions,
) -> Arc<ChildRunner> {
    let (datasets, modules) = (adapters.datasets.clone(), adapters.modules.clone());
    Arc::new(ChildRunner::new(program, datasets, modules, options))
}

/// How repeats of runs are kept apart by default.
pub fn repeats() -> SandboxOptions {
    tapedeck::sandbox::of_repeats(&load(&Sources { env: BTreeMap::new(), dir: None }).unwrap())
}

/// The `tapedeck` binary of this build.
pub fn binary() -> std::path::PathBuf {
    // Tests run from target/<profile>/deps; the binary is one level up.
    let exe = std::env::current_exe().unwrap();
    exe.parent().and_then(std::path::Path::parent).unwrap().join("tapedeck")
}

/// A client over a TLS provider that is always there, since reqwest brings none of its own.
pub fn client() -> reqwest::Client {
    // Somebody else in the process may have installed it before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
