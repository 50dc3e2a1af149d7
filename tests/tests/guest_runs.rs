//! Real modules, from the file to the result, in the real sandbox.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tapedeck_tests::{TestApp, binary};

/// Long at the bar `at`, out ten bars later. `rest` goes in before anything is decided.
fn module(rest: &str) -> Vec<u8> {
    let metadata = r#"{"name": "Once", "description": "Ten bars.", "params":
        [{"name": "at", "type": "integer", "min": 0, "max": 1000, "default": 5}]}"#;
    let said = 1024_u64 << 32 | metadata.len() as u64;
    let escaped: String = metadata.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module (memory (export "memory") 2) (data (i32.const 1024) "{escaped}")
        (global $next (mut i32) (i32.const 65536)) (global $at (mut i32) (i32.const 0))
        (func (export "tapedeck_abi") (result i32) i32.const 1)
        (func (export "alloc") (param i32) (result i32) (local $own i32)
            global.get $next local.tee $own local.get 0 i32.add
            i32.const 15 i32.add i32.const -16 i32.and global.set $next local.get $own)
        (func (export "metadata") (result i64) i64.const {said})
        (func (export "init") (param $params i32) (param $count i32)
            local.get $params f64.load i32.trunc_f64_s global.set $at)
        (func (export "on_bar") (param $i i32) (param $t i64) (param $o f64) (param $h f64)
            (param $l f64) (param $c f64) (param $v f64) (result i32)
            {rest}
            local.get $i global.get $at i32.eq if i32.const 1 return end
            local.get $i global.get $at i32.const 10 i32.add i32.eq if i32.const 3 return end
            i32.const 0))"#
    );
    wat::parse_str(text).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "starts the binary")]
async fn tapedeck(app: &TestApp, args: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(binary());
    command.args(args).env_clear().env("TAPEDECK_DATA_DIR", app.data_dir());
    command.env("BACKEND_PORT", app.address.port().to_string()).output().await.unwrap()
}

/// What a command prints, once it has succeeded.
async fn prints(app: &TestApp, args: &[&str]) -> String {
    let output = tapedeck(app, args).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says when it fails.
async fn fails(app: &TestApp, args: &[&str]) -> String {
    let output = tapedeck(app, args).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn write(dir: &Path, name: &str, content: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn upload(app: &TestApp, id: &str, module: Vec<u8>) -> Value {
    let url = app.url(&format!("/api/v1/strategies?id={id}"));
    let request = app.client.post(url).header("content-type", "application/wasm").body(module);
    let response = request.send().await.unwrap();
    let (status, body) = (response.status(), response.json::<Value>().await.unwrap());
    assert_eq!(status, 201, "{body}");
    body
}

#[tokio::test]
async fn an_uploaded_module_runs_and_can_be_verified() {
    let app = TestApp::start().await;
    let stored = upload(&app, "once", module("")).await;
    assert_eq!(
        (&stored["name"], &stored["definition"]["form"]),
        (&json!("Once"), &json!("single"))
    );
    let at = &stored["schema"]["properties"]["at"];
    assert_eq!((&at["maximum"], &at["default"]), (&json!(1000), &json!(5)));

    let request = json!({"dataset_id": "aapl-1d", "strategy_id": "once", "params": {"at": 100}});
    let run = app.run_backtest(&request).await;
    assert_eq!(run["status"], "succeeded", "{run}");
    let path = format!("/api/v1/backtests/{}", run["id"].as_str().unwrap());
    let (_, trades) = app.get_json(&format!("{path}/trades")).await;
    let trades = trades["items"].as_array().unwrap();
    assert_eq!(trades.len(), 1, "{trades:?}");
    let (_, manifest) = app.get_json(&format!("{path}/manifest")).await;
    let hash = &stored["definition"]["module"]["content_hash"];
    assert!(manifest.to_string().contains(hash.as_str().unwrap()), "{manifest}");
    let (status, state) = app.get_json(&format!("{path}/state?bar=105")).await;
    assert_eq!(status, 200, "{state}");

    let verified = app.client.post(app.url(&format!("{path}/verify"))).send().await.unwrap();
    let (status, verdict) = (verified.status(), verified.json::<Value>().await.unwrap());
    assert_eq!(status, 200, "{verdict}");
    assert_eq!(verdict["identical"], true, "{verdict}");

    let again = app.run_backtest(&request).await;
    assert_eq!(again["id"], run["id"], "an equal run is shared");
}

#[tokio::test]
async fn a_module_that_fails_in_the_middle_fails_its_run_and_nothing_else() {
    let app = TestApp::start().await;
    upload(&app, "trap", module("local.get $i i32.const 300 i32.eq if unreachable end")).await;
    upload(&app, "once", module("")).await;
    let run = |id: &str| json!({"dataset_id": "aapl-1d", "strategy_id": id});
    let failed = app.run_backtest(&run("trap")).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert_eq!(failed["failure"]["reason"], "strategy_error", "{failed}");
    let sound = app.run_backtest(&run("once")).await;
    assert_eq!(sound["status"], "succeeded", "{sound}");
}

#[tokio::test]
async fn what_is_no_module_is_refused_with_a_reason() {
    let app = TestApp::start().await;
    let import = wat::parse_str(r#"(module (import "env" "open" (func)))"#).unwrap();
    for module in [b"#!/bin/sh".to_vec(), Vec::new(), import, b"\0asm\x01\0\0\0".to_vec()] {
        let url = app.url("/api/v1/strategies?id=mine");
        let request = app.client.post(url).header("content-type", "application/wasm").body(module);
        let response = request.send().await.unwrap();
        let (status, body) = (response.status(), response.json::<Value>().await.unwrap());
        assert_eq!((status.as_u16(), &body["code"]), (422, &json!("validation_error")), "{body}");
        assert!(body["detail"].as_str().unwrap().len() > 10, "{body}");
    }
    let (status, _) = app.get_json("/api/v1/strategies/mine").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_command_line_checks_modules_and_brings_them_to_a_server() {
    let app = TestApp::start().await;
    let dir = tempfile::tempdir().unwrap();
    let good = write(dir.path(), "good.wasm", &module(""));
    let other = write(dir.path(), "other.wasm", &module("nop"));
    let bad = write(dir.path(), "bad.wasm", b"no module");

    let said = prints(&app, &["strategy", "check", &good]).await;
    for part in ["Once", "Ten bars.", "at: integer, from 0 to 1000", "5 when nothing is said"] {
        assert!(said.contains(part), "{said}");
    }
    let why = fails(&app, &["strategy", "check", &bad]).await;
    assert!(why.contains("bad.wasm cannot be run"), "{why}");
    let why = fails(&app, &["strategy", "check", "/none/such.wasm"]).await;
    assert!(why.contains("reading /none/such.wasm"), "{why}");

    let server = app.url("/");
    let push = |file: &str| {
        ["strategy", "push", file, "--id", "once", "--server", &server].map(str::to_owned)
    };
    for (file, expected) in [(&good, "once version 1: Once\n"), (&other, "once version 2: Once\n")]
    {
        let args = push(file);
        let said = prints(&app, &args.each_ref().map(String::as_str)).await;
        assert_eq!(said, expected);
    }
    // The server of the settings.
    let said = prints(&app, &["strategy", "push", &good, "--id", "once"]).await;
    assert_eq!(said, "once version 3: Once\n");
    let why = fails(&app, &["strategy", "push", &bad, "--id", "once"]).await;
    assert!(why.contains("the server refused (422"), "{why}");
    let why = fails(&app, &["strategy", "push", &good, "--id", "sma_crossover"]).await;
    assert!(why.contains("came with the server"), "{why}");
    app.stop();
}

#[tokio::test]
async fn a_kit_is_written_for_each_language_and_over_nothing() {
    let app = TestApp::start().await;
    let dir = tempfile::tempdir().unwrap();
    for (language, source) in [
        ("c", "sma_crossover.c"),
        ("assemblyscript", "assembly/sma_crossover.ts"),
        ("rust", "src/lib.rs"),
    ] {
        let place = dir.path().join(language);
        let place = place.to_str().unwrap();
        let args = ["strategy", "new", "mine", "--language", language, "--dir", place];
        let said = prints(&app, &args).await;
        assert!(said.contains("tapedeck strategy push strategy.wasm --id mine"), "{said}");
        for file in ["README.md", source] {
            assert!(dir.path().join(language).join(file).metadata().unwrap().len() > 100, "{file}");
        }
        let why = fails(&app, &args).await;
        assert!(why.contains("is there already"), "{why}");
    }
}

/// Takes so many MiB at the first bar, and writes to all of them.
fn holding(mebibytes: u32) -> Vec<u8> {
    let (pages, bytes) = (mebibytes * 16, mebibytes << 20);
    module(&format!(
        "local.get $i i32.eqz if i32.const {pages} memory.grow drop
            i32.const 131072 i32.const 1 i32.const {bytes} memory.fill end"
    ))
}

#[tokio::test]
async fn the_peak_of_memory_that_is_reported_is_what_was_held() {
    let app = TestApp::start().await;
    let mut peaks = Vec::new();
    for (id, mebibytes) in [("small", 1), ("large", 257)] {
        upload(&app, id, holding(mebibytes)).await;
        let run = app.run_backtest(&json!({"dataset_id": "aapl-1d", "strategy_id": id})).await;
        assert_eq!(run["status"], "succeeded", "{run}");
        peaks.push(run["progress"]["peak_rss_bytes"].as_f64().unwrap());
    }
    let held = f64::from(256 << 20);
    assert!(((peaks[1] - peaks[0]) / held - 1.0).abs() < 0.1, "{peaks:?}");
}

#[tokio::test]
async fn more_memory_than_a_run_may_hold_is_a_limit_with_its_numbers() {
    let app = TestApp::start().await;
    upload(&app, "large", holding(257)).await;
    let request = json!({"dataset_id": "aapl-1d", "strategy_id": "large",
        "limits": {"memory_mb": 128}});
    let run = app.run_backtest(&request).await;
    assert_eq!(
        (&run["status"], &run["failure"]["reason"]),
        (&json!("failed"), &json!("limit_exceeded")),
        "{run}"
    );
    assert_eq!(run["failure"]["limit"], json!({"name": "memory_mb", "value": 128}), "{run}");
    assert!(run["failure"]["observed"].as_u64().unwrap() > 0, "{run}");
}
