//! The binary itself: what it says, and with which code it ends.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn binary() -> std::path::PathBuf {
    // The test runs from target/<profile>/deps; the binary is one level up.
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap().parent().unwrap().join("tapedeck")
}

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
    assert!(print.contains("DATABASE_URL=[secret]\n"), "{print}");
    assert!(print.contains("BACKEND_PORT=8000\n"), "{print}");
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
