//! The files of `deploy/` against what they are made from.
#![expect(clippy::disallowed_methods, reason = "runs scripts")]

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::host::said;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_configuration_of_production_has_every_setting() {
    let output = Command::new(root().join("deploy/production-env.sh")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let made = String::from_utf8(output.stdout).unwrap();
    let same = made == text("deploy/production.env.example");
    assert!(same, "deploy/production.env.example is out of date: make env-example");
    let example = text(".env.example");
    let names = example.lines().filter_map(|line| line.strip_prefix("# ")?.split_once('='));
    let names: Vec<_> = names.map(|(name, _)| name).filter(|name| !name.contains(' ')).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(made.contains(&format!("{name}=")), "{name}");
    }
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_project() {
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let image = format!("FROM rust:{}-slim-bookworm AS build", version.trim_matches('"'));
    assert!(text("deploy/Dockerfile").contains(&image), "{image}");
}

#[test]
fn what_is_waited_for_at_the_end_is_longer_than_runs_may_drain() {
    let production = text("deploy/production.env.example");
    let name = "TAPEDECK__EXECUTOR__DRAIN_MS=";
    let drain = production.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let drain: u64 = drain.parse().unwrap();
    let unit = text("deploy/tapedeck@.service");
    let unit = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    let compose = text("deploy/compose.yaml");
    let mut grace =
        compose.lines().filter_map(|line| line.trim().strip_prefix("stop_grace_period: "));
    let grace = grace.next().unwrap().trim_end_matches('s');
    for seconds in [unit, grace] {
        assert!(seconds.parse::<u64>().unwrap() * 1000 > drain, "{seconds} s after {drain} ms");
    }
}

#[test]
fn secrets_are_made_at_random_for_their_readers_alone() {
    let dir = TempDir::new().unwrap();
    let script = dir.path().join("make-secrets.sh");
    std::fs::copy(root().join("deploy/make-secrets.sh"), &script).unwrap();
    let made = Command::new(&script).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let read = |name: &str| std::fs::read_to_string(dir.path().join("secrets").join(name)).unwrap();
    let (password, url) = (read("tapedeck_password"), read("database_url"));
    assert_eq!(password.len(), 64);
    assert_ne!(password, read("postgres_password"));
    assert!(url.contains(&format!(":{password}@postgres:5432/")), "the URL has the password");
    assert!(!said(&made).contains(&password), "it is not printed");
    let folder = std::fs::metadata(dir.path().join("secrets")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&folder) & 0o777, 0o700);
    assert!(Command::new(&script).status().unwrap().success());
    assert_eq!(read("database_url"), url, "what is there stays");
}

#[test]
fn no_credential_is_in_the_repository_and_a_planted_one_is_found() {
    let script = root().join("scripts/check-secrets.sh");
    for args in [&["--self-test"][..], &[]] {
        let output = Command::new(&script).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", said(&output));
    }
}
