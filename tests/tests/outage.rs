//! What an operator reads when the database goes away and comes back, and what the processes
//! answer meanwhile.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tapedeck_tests::torture::child::within;
use tapedeck_tests::torture::postgres::Postgres;
use tapedeck_tests::torture::server::{Plan, Server};
use tapedeck_tests::{binary, crossover};
use tempfile::TempDir;

/// As long as a busy machine may need.
const PATIENCE: Duration = Duration::from_secs(90);

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn of_message(log: &Path, message: &str) -> Vec<Value> {
    lines(log)
        .into_iter()
        .filter(|line| line["message"].as_str().is_some_and(|m| m.starts_with(message)))
        .collect()
}

async fn until_said(log: &Path, message: &str) -> Value {
    let said = within(PATIENCE, || of_message(log, message).into_iter().next()).await;
    said.unwrap_or_else(|| panic!("never said: {message}; but {:#?}", lines(log)))
}

struct Client(reqwest::Client);

impl Client {
    async fn get(&self, address: impl std::fmt::Display, path: &str) -> Option<(u16, Value)> {
        let response = self.0.get(format!("http://{address}{path}")).send().await.ok()?;
        Some((response.status().as_u16(), response.json().await.unwrap_or_default()))
    }

    async fn until(&self, address: impl std::fmt::Display, path: &str, status: u16) -> Value {
        let mut last = None;
        for _ in 0..PATIENCE.as_millis() / 50 {
            last = self.get(&address, path).await;
            if let Some((found, body)) = &last
                && *found == status
            {
                return body.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path}: still {last:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_is_one_line_and_its_return_another() {
    let mut postgres = Postgres::start().await;
    let (data, logs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let plan = Plan::serve(data.path(), logs.path(), "server").on(Some(&postgres.url()));
    let log = logs.path().join("server.log");
    let server = Server::start(plan).await;
    let (client, address) = (Client(tapedeck_tests::client()), server.address);
    client.until(address, "/api/health/ready", 200).await;

    postgres.kill();
    let lost = until_said(&log, "the database is away").await;
    assert_eq!(lost["level"], "ERROR");
    for named in ["database", "reason"] {
        assert!(lost[named].as_str().is_some_and(|text| !text.is_empty()), "{named}: {lost}");
    }
    // Every loop meets it several times, and so do clients.
    for n in 0..30 {
        let (status, _) = client.get(address, "/api/v1/backtests").await.unwrap();
        assert_eq!(status, 503);
        let body = json!({"seed": n, "dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
        let url = format!("http://{address}/api/v1/backtests");
        let posted = client.0.post(url).json(&body).send().await.unwrap();
        assert_eq!(posted.status(), 503);
        let (status, ready) = client.get(address, "/api/health/ready").await.unwrap();
        assert_eq!((status, &ready["state"]), (503, &json!("unavailable")), "{ready}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(client.get(address, "/healthz").await.unwrap().0, 200);

    postgres.restart().await;
    client.until(address, "/api/health/ready", 200).await;
    let back = until_said(&log, "the database is back").await;
    assert!(back["away_ms"].as_u64().is_some_and(|ms| ms > 0), "{back}");
    let url = format!("http://{address}/api/v1/backtests");
    let run = client.0.post(url).header("prefer", "wait=60").json(&crossover()).send().await;
    let run: Value = run.unwrap().json().await.unwrap();
    assert_eq!(run["status"], "succeeded", "{run}");

    let loud = |line: &&Value| line["level"] == "ERROR" || line["level"] == "WARN";
    let all = lines(&log);
    let from = all.iter().position(|line| *line == lost).unwrap();
    let loud: Vec<&Value> = all[from..].iter().filter(loud).collect();
    assert_eq!(loud, [&lost, &back], "nothing else was remarked");
}

/// A server that is started by hand; killed when it is dropped.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_is_slow_to_come_lives_and_is_not_ready() {
    let mut postgres = Postgres::start().await;
    postgres.kill();
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("log");
    let mut command = Command::new(binary());
    command.env_clear().current_dir(dir.path()).arg("serve").env("BACKEND_PORT", "0");
    command.env("LOG_FORMAT", "json").env("DATABASE_URL", postgres.url());
    command.env("TAPEDECK__DATABASE__CONNECT_ATTEMPTS", "100");
    command.stdout(std::fs::File::create(&log).unwrap());
    let _child = Child(command.spawn().unwrap());
    let starting = until_said(&log, "starting").await;
    let address = starting["address"].as_str().unwrap().to_owned();
    let client = Client(tapedeck_tests::client());
    for path in ["/healthz", "/api/health/live"] {
        assert_eq!(client.get(&address, path).await.unwrap(), (200, json!({"status": "ok"})));
    }
    let (status, ready) = client.get(&address, "/api/health/ready").await.unwrap();
    assert_eq!(
        (status, &ready["ready"], &ready["state"]),
        (503, &json!(false), &json!("starting"))
    );
    assert_eq!(ready["checks"]["database"]["status"], "down", "{ready}");
    let (status, health) = client.get(&address, "/api/health").await.unwrap();
    assert_eq!((status, &health["database"]), (503, &json!("unreachable")));
    let (status, problem) = client.get(&address, "/api/v1/backtests").await.unwrap();
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    assert!(problem["request_id"].is_string(), "{problem}");
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(healthcheck(&port, &[]), Some(1), "not ready");
    assert_eq!(healthcheck(&port, &["--live"]), Some(0), "and alive");

    postgres.restart().await;
    let ready = client.until(&address, "/api/health/ready", 200).await;
    assert_eq!(ready["ready"], true);
    let detail = ready["checks"]["migrations"]["detail"].as_str().unwrap();
    let (applied, expected) = detail.split_once(", expected ").unwrap();
    assert_eq!(applied.strip_prefix("applied "), Some(expected), "{detail}");
    assert_eq!(healthcheck(&port, &[]), Some(0));
}

fn healthcheck(port: &str, options: &[&str]) -> Option<i32> {
    let mut command = Command::new(binary());
    command.env_clear().env("BACKEND_PORT", port).arg("healthcheck").args(options);
    command.output().unwrap().status.code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_level_that_is_set_in_one_process_holds_in_every_other() {
    let (data, logs) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let plan = |name| Plan::serve(data.path(), logs.path(), name);
    let first = Server::start(plan("first")).await;
    let second = Server::start(plan("second").with("TAPEDECK_ROLE", "api")).await;
    let log = logs.path().join("second.log");
    // A line for every request, at the level `info`.
    let told = async || {
        let count = || lines(&log).iter().filter(|line| line["level"] == "INFO").count();
        let before = count();
        let url = format!("http://{}/api/v1/queue", second.address);
        assert_eq!(tapedeck_tests::client().get(url).send().await.unwrap().status(), 200);
        count() > before
    };
    assert!(told().await);
    let client = tapedeck_tests::client();
    let url = format!("http://{}/api/v1/logging", first.address);
    let put = client.put(&url).json(&json!({"level": "warn"})).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let changed = until_said(&log, "the log level was changed").await;
    assert_eq!(changed["log.level"], "warn");
    assert!(!told().await, "that is below the level");
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 200);
    let back = || of_message(&log, "the log level was changed").len() == 2;
    within(PATIENCE, || back().then_some(())).await.expect("it is taken back there, too");
    assert!(told().await);
}

#[test]
fn flags_are_shown_and_set_by_the_command_line() {
    let dir = TempDir::new().unwrap();
    let run = |args: &[&str]| {
        let mut command = Command::new(binary());
        command.env_clear().current_dir(dir.path()).args(args);
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, set) = run(&["flags", "set", "tight_limits", "true"]);
    assert_eq!(code, Some(0), "{set}");
    assert!(set.starts_with("tight_limits: true (override since "), "{set}");
    let (_, list) = run(&["flags", "list", "--json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["items"][2]["source"], "override", "{list}");
    let (_, cleared) = run(&["flags", "clear", "tight_limits"]);
    assert_eq!(cleared, "tight_limits: false (default)\n");
    let (code, unknown) = run(&["flags", "set", "nonsense", "true"]);
    assert!(code == Some(2) && unknown.contains("there are: ai_assistant"), "{unknown}");
    let (code, wrong) = run(&["flags", "set", "tight_limits", "maybe"]);
    assert!(code == Some(2) && wrong.contains("true"), "{wrong}");
}
