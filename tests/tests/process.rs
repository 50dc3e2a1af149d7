//! The binary itself: what it says, and with which code it ends.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

#[path = "process/serving.rs"]
mod serving;
#[path = "process/stopping.rs"]
mod stopping;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serving::Serving;
use tapedeck_tests::binary;
use tempfile::TempDir;

fn run(dir: &Path, env: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().current_dir(dir).args(args).envs(env.iter().copied());
    command.output().unwrap()
}

/// Runs `serve` where it must fail: its exit code and what it wrote on stderr.
fn refused(env: &[(&str, &str)]) -> (Option<i32>, String) {
    let dir = TempDir::new().unwrap();
    let output = run(dir.path(), env, &["serve"]);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn invalid_values_are_all_named_and_nothing_is_started() {
    let dir = TempDir::new().unwrap();
    let env =
        [("BACKEND_PORT", "eight"), ("LOG_LEVEL", "loud"), ("TAPEDECK__MARKET_DATA__URL", "x")];
    let output = run(dir.path(), &env, &["serve"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78));
    for name in ["3 problems", "BACKEND_PORT", "LOG_LEVEL", "TAPEDECK__MARKET_DATA__URL"] {
        assert!(message.contains(name), "{name} in {message}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was created");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, message) = refused(&[("BACKEND_PORT", &port)]);
    assert_eq!(code, Some(1));
    assert!(message.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{message}");
}

#[test]
fn an_unusable_data_directory_is_named() {
    let (code, message) =
        refused(&[("TAPEDECK_DATA_DIR", "/dev/null/data"), ("BACKEND_PORT", "0")]);
    assert_eq!(code, Some(1));
    assert!(message.contains("/dev/null/data"), "{message}");
}

#[test]
fn config_check_and_print_tell_what_holds() {
    let dir = TempDir::new().unwrap();
    let env = [("DATABASE_URL", "postgres://me:hunter2@localhost/jobs")];
    let check = run(dir.path(), &env, &["config", "check"]);
    assert!(check.status.success());
    let print = String::from_utf8(run(dir.path(), &env, &["config", "print"]).stdout).unwrap();
    assert!(print.contains("DATABASE_URL=[secret]  # environment DATABASE_URL\n"), "{print}");
    assert!(print.contains("BACKEND_PORT=8000  # default\n"), "{print}");
    assert!(!print.contains("hunter2"), "{print}");
}

#[test]
fn migrations_go_up_and_one_step_down() {
    let dir = TempDir::new().unwrap();
    let migrate = |action| {
        let output = run(dir.path(), &[], &["migrate", action]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let count = |text: &str, word: &str| text.lines().filter(|line| line.contains(word)).count();
    let pending = count(&migrate("status"), "pending");
    assert!(pending > 1);
    assert_eq!(count(&migrate("up"), "applied"), pending);
    assert_eq!(migrate("up"), "nothing to apply\n");
    assert!(migrate("down").starts_with("took back "));
    assert_eq!(count(&migrate("status"), "pending"), 1);
}

#[test]
fn a_schema_that_lags_is_refused_when_migrating_on_start_is_off() {
    let (code, message) =
        refused(&[("TAPEDECK__DATABASE__MIGRATE_ON_START", "false"), ("BACKEND_PORT", "0")]);
    assert_eq!(code, Some(1));
    assert!(message.contains("tapedeck migrate up"), "{message}");
}

/// Runs a command that must succeed, and reads the JSON that it prints.
fn json_of(dir: &Path, args: &[&str]) -> serde_json::Value {
    let output = run(dir, &[], args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_backtest_runs_without_a_server_and_agrees_with_the_reference() {
    let dir = TempDir::new().unwrap();
    let options = [
        "backtest",
        "run",
        "--dataset",
        "aapl-1d",
        "--strategy",
        "sma_crossover",
        "--param",
        "fast=20",
        "--param",
        "slow=50",
        "--commission-bps",
        "10",
        "--quantity",
        "100",
        "--json",
    ];
    let resource = json_of(dir.path(), &options);
    let oracle = include_str!("../fixtures/oracle/sma/AAPL_sma.json");
    let oracle: serde_json::Value = serde_json::from_str(oracle).unwrap();
    let runs = oracle["runs"].as_array().unwrap().iter();
    let expected =
        runs.filter(|run| run["fast"] == 20 && run["commission"] == 0.001).collect::<Vec<_>>()[0];
    assert_eq!(resource["status"], "succeeded");
    assert_eq!(resource["metrics"]["trades"], expected["n_trades"]);
    let end = resource["metrics"]["end_equity"].as_f64().unwrap();
    assert!((end - expected["final_equity"].as_f64().unwrap()).abs() < 1e-6, "{end}");

    let body = r#"{"dataset_id":"aapl-1d","strategy_id":"sma_crossover",
        "params":{"fast":20,"slow":50},"costs":{"commission_bps":10},
        "sizing":{"kind":"fixed_quantity","value":100}}"#;
    std::fs::write(dir.path().join("body.json"), body).unwrap();
    let same = json_of(dir.path(), &["backtest", "run", "--spec", "body.json", "--json"]);
    assert_eq!(same["input_hash"], resource["input_hash"], "options and body say the same");
    assert_eq!(same["metrics"], resource["metrics"]);
}

#[test]
fn imported_bars_can_be_run_and_faults_are_named() {
    let dir = TempDir::new().unwrap();
    let rows: String = (1..=28).map(|day| format!("2024-02-{day:02},10,11,9,10,0.5\n")).collect();
    let csv = format!("time,open,high,low,close,volume\n{rows}");
    std::fs::write(dir.path().join("bars.csv"), &csv).unwrap();
    let import = ["dataset", "import", "bars.csv", "--id", "flat-1d"];
    let output = run(dir.path(), &[], &import);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("flat-1d version 1: 28 bars of FLAT every 1d"), "{said}");
    let again = String::from_utf8(run(dir.path(), &[], &import).stdout).unwrap();
    assert_eq!(again, said, "the same file again changes nothing");

    let backtest = ["backtest", "run", "--dataset", "flat-1d", "--strategy", "sma_crossover"];
    let resource = json_of(dir.path(), &[&backtest[..], &["--json"]].concat());
    assert_eq!(resource["metrics"]["trades"], 0);
    assert_eq!(resource["metrics"]["undefined"]["sharpe"], "zero_variance");

    std::fs::write(dir.path().join("bad.csv"), csv.replace("2024-02-09,10", "2024-02-09,x"))
        .unwrap();
    let bad = run(dir.path(), &[], &["dataset", "import", "bad.csv", "--id", "bad-1d"]);
    let message = String::from_utf8(bad.stderr).unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(message.contains("line 10, column `open`"), "{message}");

    let wrong = run(dir.path(), &[], &[&backtest[..], &["--param", "fast=60"]].concat());
    let message = String::from_utf8(wrong.stderr).unwrap();
    assert!(message.contains("/params/fast: `fast` must be below `slow`"), "{message}");
}

#[test]
fn generated_bars_depend_on_the_seed_alone() {
    let dir = TempDir::new().unwrap();
    let hash_of = |id: &str, seed: &str| {
        let args = ["dataset", "generate", "--rows", "500", "--seed", seed, "--interval", "1m"];
        let output = run(dir.path(), &[], &[&args[..], &["--id", id]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let backtest =
            ["backtest", "run", "--dataset", id, "--strategy", "sma_crossover", "--json"];
        json_of(dir.path(), &backtest)["metrics"]["benchmark_return"].clone()
    };
    assert_eq!(hash_of("a-1m", "7"), hash_of("b-1m", "7"));
    assert_ne!(hash_of("a-1m", "7"), hash_of("c-1m", "8"));
}

#[test]
fn sigterm_ends_the_server_cleanly_and_the_healthcheck_tells() {
    let dir = TempDir::new().unwrap();
    let mut serving = Serving::start(dir.path());
    assert_eq!(serving.curl("/healthz", &[]), (200, serde_json::json!({"status": "ok"})));
    let port = serving.address.rsplit_once(':').unwrap().1.to_owned();
    let healthy = || run(dir.path(), &[("BACKEND_PORT", &port)], &["healthcheck"]).status.success();
    assert!(healthy());
    serving.signal("-TERM");
    assert!(serving.child.wait().unwrap().success());
    assert!(!healthy());
}

#[test]
fn a_server_verifies_a_run_in_a_process_of_its_own_program() {
    let dir = TempDir::new().unwrap();
    let serving = Serving::start(dir.path());
    let body = r#"{"dataset_id":"demo-1m","strategy_id":"sma_crossover","capital":1e6}"#;
    let post = ["-H", "content-type: application/json", "-H", "prefer: wait=60", "-d", body];
    let (_, done) = serving.curl("/backtests", &post);
    assert_eq!(done["status"], "succeeded", "{done}");
    let path = format!("/backtests/{}/verify", done["id"].as_str().unwrap());
    let (status, verdict) = serving.curl(&path, &["-X", "POST"]);
    assert_eq!((status, &verdict["identical"]), (200, &serde_json::json!(true)), "{verdict}");
    assert_eq!(verdict["bars"], 50_000);
}

#[test]
fn the_command_line_gives_the_bytes_of_the_server() {
    let dir = TempDir::new().unwrap();
    let serving = Serving::start(dir.path());
    let body = r#"{"dataset_id":"aapl-1d","strategy_id":"donchian_breakout","direction":"both",
        "sizing":{"kind":"percent_of_equity","value":0.9},"risk":{"stop_loss":0.05,"take_profit":0.1},
        "costs":{"commission":{"kind":"per_share","value":0.01,"minimum":1}},
        "checks":["lookahead"]}"#;
    let post = ["-H", "content-type: application/json", "-H", "prefer: wait=60", "-d", body];
    let (_, done) = serving.curl("/backtests", &post);
    let path = format!("/backtests/{}/metrics", done["id"].as_str().unwrap());
    let (status, served) = serving.curl(&path, &[]);
    assert_eq!(status, 200, "{served}");
    std::fs::write(dir.path().join("body.json"), body).unwrap();
    let printed = json_of(dir.path(), &["backtest", "run", "--spec", "body.json", "--json"]);
    assert_eq!(printed["input_hash"], done["input_hash"]);
    // The head of the chain stands for every bar, order and fill.
    assert!(served["chain"]["head"].is_string());
    assert_eq!(printed["metrics"].to_string(), served.to_string());
}

#[test]
fn a_request_for_one_run_that_cannot_be_read_is_refused() {
    let dir = TempDir::new().unwrap();
    let output = run(dir.path(), &[], &["run-one"]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    let help = String::from_utf8(run(dir.path(), &[], &["--help"]).stdout).unwrap();
    assert!(!help.contains("run-one"), "{help}");
}

#[test]
fn a_run_whose_server_was_killed_is_run_again_by_the_next_one() {
    let dir = TempDir::new().unwrap();
    let args = ["dataset", "generate", "--rows", "2000000", "--seed", "1", "--interval", "1m"];
    assert!(run(dir.path(), &[], &[&args[..], &["--id", "long-1m"]].concat()).status.success());
    let serving = Serving::start(dir.path());
    let body = r#"{"dataset_id":"long-1m","strategy_id":"sma_crossover","capital":1e9,
        "params":{"fast":2,"slow":3}}"#;
    let post = ["-H", "content-type: application/json", "-d", body];
    let (status, posted) = serving.curl("/backtests", &post);
    assert_eq!(status, 202, "{posted}");
    let path = format!("/backtests/{}", posted["id"].as_str().unwrap());
    while serving.curl(&path, &[]).1["status"] == "queued" {}
    serving.signal("-KILL");
    drop(serving);
    let next = Serving::start(dir.path());
    let (_, ended) = next.curl(&format!("{path}?wait=60"), &[]);
    assert_eq!(ended["status"], "succeeded", "{ended}");
    assert!((1..=2).contains(&ended["attempt"].as_u64().unwrap()), "{ended}");
}

#[test]
fn the_description_of_the_api_is_printed_without_a_configuration() {
    let dir = TempDir::new().unwrap();
    let output = run(dir.path(), &[("BACKEND_PORT", "eight")], &["openapi"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let table = run(dir.path(), &[], &["openapi", "--error-codes"]);
    assert!(String::from_utf8(table.stdout).unwrap().contains("| `not_ready` | 409 |"));
}

#[test]
fn a_postgres_that_is_not_there_is_said_after_bounded_attempts() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://me:hunter2@{free}/jobs");
    let (code, message) = refused(&[
        ("DATABASE_URL", &url),
        ("TAPEDECK__DATABASE__CONNECT_ATTEMPTS", "2"),
        ("BACKEND_PORT", "0"),
    ]);
    assert_eq!(code, Some(1));
    assert!(message.contains("after 2 attempts"), "{message}");
    assert!(message.contains(&free.to_string()), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}
