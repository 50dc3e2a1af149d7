//! An attack, and what has to come of it.

use std::time::Instant;

use serde_json::{Value, json};
use tapedeck_tests::binary;

use crate::footprint::Footprint;
use crate::modules::Wat;
use crate::server::{PATIENCE, Server, beside};

/// An attack, and what has to come of it.
pub(crate) struct Attack {
    pub(crate) by: By,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) limits: Value,
    pub(crate) params: Value,
    pub(crate) expected: Expected,
}

/// Who attacks.
pub(crate) enum By {
    /// Each of these modules.
    Guests(Vec<Vec<u8>>),
    /// A process of a run, taken over.
    Process,
    /// A process that compiles this, taken over.
    Compiler(Vec<u8>),
}

/// What comes of an attack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// Status of the answer to its upload.
    pub(crate) upload: u16,
    /// How its run ends, if it comes to one.
    pub(crate) status: &'static str,
    pub(crate) reason: Option<&'static str>,
    pub(crate) limit: Option<&'static str>,
    /// Words of the refusal or the failure, or several with a bar between them.
    pub(crate) says: &'static str,
}

const NOTHING: Expected = Expected { upload: 201, status: "", reason: None, limit: None, says: "" };

/// Its upload is refused.
pub(crate) const fn refused(upload: u16, says: &'static str) -> Expected {
    Expected { upload, says, ..NOTHING }
}

/// It is a run like any other.
pub(crate) const fn succeeded() -> Expected {
    Expected { status: "succeeded", ..NOTHING }
}

/// It takes too long.
pub(crate) const fn timed_out() -> Expected {
    let (reason, limit) = (Some("limit_exceeded"), Some("timeout_ms"));
    Expected { status: "timed_out", reason, limit, ..NOTHING }
}

/// It takes too much.
pub(crate) const fn exceeds(limit: &'static str) -> Expected {
    let (reason, limit) = (Some("limit_exceeded"), Some(limit));
    Expected { status: "failed", reason, limit, ..NOTHING }
}

/// It is its own fault.
pub(crate) const fn at_fault(says: &'static str) -> Expected {
    Expected { status: "failed", reason: Some("strategy_error"), says, ..NOTHING }
}

/// The process of the run is not to be trusted.
pub(crate) const fn broken() -> Expected {
    Expected { status: "failed", reason: Some("internal"), ..NOTHING }
}

/// A module attacks.
pub(crate) fn guest(module: Vec<u8>) -> Attack {
    guests([module])
}

/// Modules attack, one after the other.
pub(crate) fn guests(modules: impl IntoIterator<Item = Vec<u8>>) -> Attack {
    by(By::Guests(modules.into_iter().collect()))
}

/// A process that was taken over attacks.
pub(crate) fn process(act: &'static str) -> Attack {
    by(By::Process).env("HOSTILE", act)
}

/// A process that was taken over while it compiles attacks.
pub(crate) fn compiler(act: &'static str) -> Attack {
    // A custom section tells it.
    let module = [Wat::default().bytes(), b"\0\x05\x01x666".to_vec()].concat();
    by(By::Compiler(module)).env("HOSTILE", act)
}

fn by(by: By) -> Attack {
    let (limits, params) = (json!({"timeout_ms": 60_000}), json!({}));
    Attack { by, env: Vec::new(), limits, params, expected: NOTHING }
}

impl Attack {
    /// With this in the environment of the server.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Its run may have so much of this.
    pub(crate) fn limit(mut self, name: &str, value: u64) -> Self {
        self.limits[name] = json!(value);
        self
    }

    /// Its run has this parameter.
    pub(crate) fn param(mut self, name: &str, value: i64) -> Self {
        self.params[name] = json!(value);
        self
    }

    /// What has to come of it.
    pub(crate) fn ends(mut self, expected: Expected) -> Self {
        self.expected = expected;
        self
    }

    /// Carries it out beside other runs, and holds everything against what has to be.
    pub(crate) async fn carry_out(self) {
        let program = match self.by {
            By::Guests(_) => binary(),
            By::Process | By::Compiler(_) => binary().with_file_name("hijacked"),
        };
        let server = Server::start(&program, &self.env);
        let mut first = beside();
        first["params"] = json!({"fast": 5, "slow": 9});
        assert_eq!(server.run(&first).await["status"], "succeeded");
        let before = server.quiet().await;

        let attack = async {
            let from = Instant::now();
            self.attack(&server).await;
            from.elapsed()
        };
        let other = beside();
        let (took, other) = tokio::join!(attack, server.run(&other));
        assert!(took < PATIENCE, "{took:?}");
        unharmed(&other);
        assert_eq!(server.get("/healthz").await.0, 200);
        self.nothing_is_left(&server, &before).await;
        server.stop().await;
    }

    async fn attack(&self, server: &Server) {
        match &self.by {
            By::Process => {
                let mut request = self.request("sma_crossover");
                request["seed"] = json!(666);
                self.judge(&server.run(&request).await);
            }
            By::Compiler(module) => self.attack_by(server, "compiled", module).await,
            By::Guests(modules) => {
                for (n, module) in modules.iter().enumerate() {
                    self.attack_by(server, &format!("guest-{n}"), module).await;
                }
            }
        }
    }

    async fn attack_by(&self, server: &Server, id: &str, module: &[u8]) {
        let (status, answer) = server.upload(id, module.to_vec()).await;
        assert_eq!(status, self.expected.upload, "{id}: {answer}");
        if status == 201 {
            self.judge(&server.run(&self.request(id)).await);
        } else {
            let detail = answer["detail"].as_str().unwrap();
            let mut ways = self.expected.says.split('|');
            assert!(ways.any(|says| detail.contains(says)), "{id}: {answer}");
            assert_eq!(server.get(&format!("/api/v1/strategies/{id}")).await.0, 404);
        }
    }

    fn request(&self, strategy: &str) -> Value {
        json!({
            "dataset_id": "aapl-1d",
            "strategy_id": strategy,
            "direction": "both",
            "limits": self.limits,
            "params": self.params,
        })
    }

    fn judge(&self, job: &Value) {
        let Expected { status, reason, limit, says, .. } = self.expected;
        assert_eq!(job["status"], status, "{job}");
        let Some(reason) = reason else {
            assert!(job["metrics"]["end_equity"].is_number(), "{job}");
            return;
        };
        let failure = &job["failure"];
        assert_eq!(failure["reason"], reason, "{job}");
        assert!(failure["detail"].as_str().unwrap().contains(says), "{job}");
        match limit {
            None => assert_eq!(failure["limit"], Value::Null, "{job}"),
            Some(name) => {
                let value = &self.limits[name];
                assert_eq!(failure["limit"], json!({"name": name, "value": value}), "{job}");
                assert!(failure["observed"].as_u64() >= value.as_u64(), "{job}");
            }
        }
    }

    /// No process, no file, no descriptor, and no memory that grew without bound.
    async fn nothing_is_left(&self, server: &Server, before: &Footprint) {
        let after = server.quiet().await;
        assert_eq!(after.temporary, before.temporary, "a temporary file is left");
        let kept = match &self.by {
            By::Process => 0,
            By::Compiler(_) => 1,
            // What was compiled is kept for the next run.
            By::Guests(modules) => modules.len(),
        };
        let more = after.files.saturating_sub(before.files);
        assert!(more <= kept + SPARE, "{more} descriptors more: {after:?}");
        let grown = after.peak.saturating_sub(before.rss);
        assert!(grown < ROOM, "{} MiB more at its peak: {after:?}", grown >> 20);
        let stored = std::fs::read_dir(server.data().join("modules")).map_or(0, Iterator::count);
        let accepted = if self.expected.upload == 201 { kept } else { 0 };
        assert!(stored <= accepted, "{stored} modules were stored");
    }
}

/// Descriptors of connections and of the database, which come and go.
const SPARE: usize = 16;
/// Bytes that a server may grow by, whatever happens around it.
const ROOM: u64 = 96 << 20;

/// What the run beside has to come out as, whatever happens at the same time.
pub(crate) fn unharmed(job: &Value) {
    assert_eq!(job["status"], "succeeded", "{job}");
    let oracle = include_str!("../../fixtures/oracle/sma/AAPL_sma.json");
    let oracle: Value = serde_json::from_str(oracle).unwrap();
    let mut runs = oracle["runs"].as_array().unwrap().iter();
    let expected = runs.find(|run| run["fast"] == 20 && run["commission"] == 0.001).unwrap();
    assert_eq!(job["metrics"]["trades"], expected["n_trades"], "{job}");
    let [found, wanted] = [&job["metrics"]["end_equity"], &expected["final_equity"]];
    let [found, wanted] = [found, wanted].map(|value| value.as_f64().unwrap());
    assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
}

/// Each row is an attack, and a test of its name.
macro_rules! attacks {
    ($($(#[$meta:meta])* $name:ident: $attack:expr;)+) => {
        $(
            $(#[$meta])*
            #[tokio::test]
            async fn $name() {
                $attack.carry_out().await;
            }
        )+
    };
}
pub(crate) use attacks;
