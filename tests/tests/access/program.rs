//! The program: keys from the command line, and addresses that it does not listen on.
#![expect(clippy::disallowed_methods, reason = "these tests start the binary")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tapedeck_tests::binary;
use tempfile::TempDir;

use super::serving::Serving;

fn run(dir: &Path, env: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().current_dir(dir).args(args).env("LOG_LEVEL", "off");
    command.envs(env.iter().copied()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn without_a_key_only_loopback_is_listened_on_however_it_is_spelt() {
    let dir = TempDir::new().unwrap();
    for host in ["0.0.0.0", "::", "::ffff:0.0.0.0", "0", "[::]"] {
        let refused = run(dir.path(), &[("BACKEND_HOST", host), ("BACKEND_PORT", "0")], &["serve"]);
        let message = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(78), "{host}: {message}");
        assert!(message.contains("BACKEND_HOST"), "{message}");
        assert!(message.contains("tapedeck keys create NAME --scope admin"), "{message}");
    }
    let nowhere = run(dir.path(), &[("BACKEND_HOST", "no-such-host.invalid")], &["serve"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).contains("no-such-host.invalid"));
    for host in ["127.0.0.1", "localhost", "::ffff:127.0.0.1"] {
        let serving = Serving::start_with(dir.path(), &[("BACKEND_HOST", host)], &[]);
        let port = serving.address.rsplit_once(':').unwrap().1;
        assert_ne!(port, "0", "{host}");
    }
}

#[test]
fn with_a_key_a_wider_address_is_listened_on_and_asks_for_it() {
    let dir = TempDir::new().unwrap();
    let created = run(dir.path(), &[], &["keys", "create", "operator", "--scope", "admin"]);
    assert!(created.status.success(), "{}", text(&created.stderr));
    let key = text(&created.stdout);
    assert_eq!(key.lines().count(), 1, "the key alone, so that it can be piped");
    let key = key.trim();
    let serving = Serving::start_with(dir.path(), &[("BACKEND_HOST", "0.0.0.0")], &[]);
    let port = serving.address.rsplit_once(':').unwrap().1.to_owned();
    let url = format!("http://127.0.0.1:{port}/api/v1/keys");
    let asked = |arguments: &[&str]| {
        let output = Command::new("curl").args(["-s", &url]).args(arguments).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(asked(&[])["code"], "unauthorized");
    let header = format!("authorization: Bearer {key}");
    assert_eq!(asked(&["-H", &header])["items"][0]["name"], "operator");
    let healthy =
        run(dir.path(), &[("BACKEND_HOST", "0.0.0.0"), ("BACKEND_PORT", &port)], &["healthcheck"]);
    assert!(healthy.status.success(), "{}", text(&healthy.stderr));

    let module = dir.path().join("none.wasm");
    std::fs::write(&module, b"\0asm\x01\0\0\0").unwrap();
    let push = ["strategy", "push", "none.wasm", "--id", "pushed"];
    let env = [("BACKEND_PORT", port.as_str())];
    let unknown = run(dir.path(), &env, &push);
    assert!(text(&unknown.stderr).contains("401"), "{}", text(&unknown.stderr));
    let known = run(dir.path(), &[env[0], ("TAPEDECK_KEY", key)], &push);
    assert!(text(&known.stderr).contains("422"), "it is read: {}", text(&known.stderr));
    assert!(!text(&known.stderr).contains(key));
}

#[test]
fn keys_are_made_listed_and_revoked_from_the_command_line() {
    let dir = TempDir::new().unwrap();
    let create = ["keys", "create", "ci", "--scope", "run", "--expires-in", "30d"];
    let created = run(dir.path(), &[], &create);
    let key = text(&created.stdout);
    let again = run(dir.path(), &[], &create);
    assert_eq!((again.status.code(), again.stdout.len()), (Some(1), 0));
    assert!(text(&again.stderr).contains("each name is used once"), "{}", text(&again.stderr));
    for wrong in [
        &["keys", "create", "C I", "--scope", "run"][..],
        &["keys", "create", "x", "--scope", "root"],
        &["keys", "create", "x"],
        &["keys", "create", "x", "--scope", "run", "--expires-in", "never"],
    ] {
        assert_eq!(run(dir.path(), &[], wrong).status.code(), Some(2), "{wrong:?}");
    }
    let list = || {
        let listed = run(dir.path(), &[], &["keys", "list", "--json"]);
        serde_json::from_slice::<Value>(&listed.stdout).unwrap()["items"].clone()
    };
    let listed = list();
    assert_eq!((&listed[0]["name"], &listed[0]["scope"]), (&"ci".into(), &"run".into()));
    assert!(listed[0]["expires_at"].is_string() && listed[0]["revoked_at"].is_null());
    assert!(!listed.to_string().contains(&key.trim()[11..]));
    assert_eq!(text(&run(dir.path(), &[], &["keys", "revoke", "ci"]).stdout), "revoked\n");
    let before = run(dir.path(), &[], &["keys", "revoke", "ci"]);
    assert_eq!(text(&before.stdout), "it was revoked before\n");
    assert!(list()[0]["revoked_at"].is_string());
    assert!(text(&run(dir.path(), &[], &["keys", "list"]).stdout).contains("revoked"));
    let nobody = run(dir.path(), &[], &["keys", "revoke", "nobody"]);
    assert_eq!(nobody.status.code(), Some(1));
}
