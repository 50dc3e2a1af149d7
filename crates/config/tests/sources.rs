//! Where values come from, secrets in files included, and what is told of that.

use std::collections::BTreeMap;
use std::path::Path;

use tapedeck_config::{DatabaseUrl, Effective, Origin, SETTINGS, Sources, effective, load};
use tempfile::TempDir;

const URL: &str = "postgres://user:hunter2@localhost/jobs";

fn sources(dir: Option<&Path>, env: &[(&str, &str)]) -> Sources {
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Sources { env, dir: dir.map(Into::into) }
}

fn refused(env: &[(&str, &str)]) -> String {
    load(&sources(None, env)).expect_err("these settings should be refused").to_string()
}

/// A file with this content; its path as text.
fn file(dir: &TempDir, content: &[u8]) -> String {
    let path = dir.path().join("secret");
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn of(key: &str, all: &[Effective]) -> Effective {
    all.iter().find(|shown| shown.key == key).unwrap().clone()
}

#[test]
fn a_secret_may_be_read_from_a_file() {
    let dir = TempDir::new().unwrap();
    for name in ["DATABASE_URL_FILE", "TAPEDECK__DATABASE__URL_FILE"] {
        for end in ["", "\n", "\r\n"] {
            let path = file(&dir, format!("{URL}{end}").as_bytes());
            let sources = sources(None, &[(name, &path)]);
            let settings = load(&sources).unwrap();
            let DatabaseUrl::Postgres(url) = &settings.database.url else { panic!("not postgres") };
            assert_eq!(url.expose(), URL);
            assert!(!format!("{settings:?}").contains("hunter2"));
            let shown = of("database.url", &settings.effective);
            let origin = Origin::SecretFile { name: name.to_owned(), path: path.into() };
            assert_eq!((shown.value.as_str(), shown.origin), ("[secret]", origin));
        }
    }
}

#[test]
fn a_secret_file_that_cannot_be_used_is_named_and_never_shown() {
    let dir = TempDir::new().unwrap();
    let missing = dir.path().join("missing").to_str().unwrap().to_owned();
    let directory = dir.path().to_str().unwrap().to_owned();
    let name = "DATABASE_URL_FILE";
    for (path, why) in [(missing, "No such file"), (directory, "it is no file")] {
        let message = refused(&[(name, &path)]);
        for part in ["1 problem", name, &path, why] {
            assert!(message.contains(part), "{part} in {message}");
        }
    }
    let long = vec![b'x'; (64 << 10) + 1];
    for (content, why) in [
        (&b""[..], "it is empty"),
        (b"\n", "it is empty"),
        (b"hunter2 \xff", "it is not UTF-8"),
        (&long, "it is longer than 64 KiB"),
        (b"mysql://user:hunter2@localhost/jobs", "sqlite://PATH or postgres://"),
    ] {
        let message = refused(&[(name, &file(&dir, content))]);
        assert!(message.contains(name) && message.contains(why), "{why} in {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_secret_and_its_file_at_once_are_refused() {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, URL.as_bytes());
    for value in ["DATABASE_URL", "TAPEDECK__DATABASE__URL"] {
        let message = refused(&[(value, URL), ("DATABASE_URL_FILE", &path)]);
        let expected = format!("either {value} or DATABASE_URL_FILE, not both");
        assert!(message.contains(&expected) && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn only_secrets_are_read_from_files_of_their_own() {
    let dir = TempDir::new().unwrap();
    let message = refused(&[("TAPEDECK__SERVER__PORT_FILE", &file(&dir, b"1"))]);
    assert!(message.contains("did you mean TAPEDECK__SERVER__PORT?"), "{message}");
    for setting in SETTINGS {
        assert_eq!(setting.file_names().is_empty(), !setting.secret, "{}", setting.key);
    }
}

#[test]
fn every_value_says_where_it_is_from() {
    let dir = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "tapedeck.toml",
        "[server]\nport = 1\nmax_body_bytes = 2048\n[executor]\nlease_ms = 600\n",
    );
    write(".env", "TAPEDECK__EXECUTOR__LEASE_MS=700\nTAPEDECK__EXECUTOR__BARS=5\n");
    let env = [("BACKEND_PORT", "3"), ("TAPEDECK__EXECUTOR__BARS", "6")];
    let mut settings = load(&sources(Some(dir.path()), &env)).unwrap();
    let from = |key: &str, settings: &tapedeck_config::Settings| {
        let shown = of(key, &settings.effective);
        format!("{} from {}", shown.value, shown.origin)
    };
    let toml = dir.path().join("tapedeck.toml");
    for (key, expected) in [
        ("server.port", "3 from environment BACKEND_PORT".to_owned()),
        ("server.max_body_bytes", format!("2048 from file {}", toml.display())),
        ("executor.lease_ms", "700 from .env TAPEDECK__EXECUTOR__LEASE_MS".to_owned()),
        ("executor.bars", "6 from environment TAPEDECK__EXECUTOR__BARS".to_owned()),
        ("executor.orders", "5000000 from default".to_owned()),
    ] {
        assert_eq!(from(key, &settings), expected);
    }
    settings.set_role(tapedeck_config::Role::Api);
    assert_eq!(from("server.role", &settings), "api from command line --role");
    assert_eq!(settings.effective.len(), SETTINGS.len(), "every setting is shown");
}

#[test]
fn a_password_in_a_url_that_is_no_secret_is_not_shown() {
    let env = [("TAPEDECK__MARKET_DATA__URL", "https://me:hunter2@data.example/v1")];
    let (shown, problems) = effective(&sources(None, &env));
    assert_eq!(problems, []);
    assert_eq!(of("market_data.url", &shown).value, "https://me:***@data.example/v1");
    let env = [("TAPEDECK__MARKET_DATA__URL", "ftp://me:hunter2@data.example/v1")];
    assert!(!refused(&env).contains("hunter2"));
}

#[test]
fn nonsense_is_refused_without_a_guess() {
    let message = refused(&[("TAPEDECK__FROBNICATE__THE_WIDGET", "1")]);
    assert!(message.contains("`tapedeck config print` lists them"), "{message}");
    assert!(!message.contains("did you mean"), "{message}");
}

#[test]
fn flags_are_configured_when_somebody_says_so_whatever_they_say() {
    let configured = |env: &[(&str, &str)]| load(&sources(None, env)).unwrap().flags.configured;
    assert_eq!(configured(&[]), BTreeMap::new());
    let env = [("TAPEDECK__FLAGS__TIGHT_LIMITS", "false")];
    assert_eq!(configured(&env), BTreeMap::from([("tight_limits", false)]));
    let message = refused(&[("TAPEDECK__FLAGS__TIGHT_LIMITS", "maybe")]);
    assert!(message.contains("expected true or false"), "{message}");
    let message = refused(&[("TAPEDECK__FLAGS__TIGHT_LIMIT", "true")]);
    assert!(message.contains("did you mean TAPEDECK__FLAGS__TIGHT_LIMITS?"), "{message}");
}

/// A value that each setting accepts, so that it is known to be read from each layer.
#[test]
fn the_default_of_every_setting_is_accepted_from_every_layer() {
    for setting in SETTINGS {
        for name in setting.env_names() {
            let env = [(name.as_str(), setting.default)];
            let (shown, problems) = effective(&sources(None, &env));
            assert_eq!(problems, [], "{name}");
            let origin = Origin::Environment(name.clone());
            assert_eq!(of(setting.key, &shown).origin, origin, "{name}");
            assert!(load(&sources(None, &env)).is_ok(), "{name}");
        }
        let dir = TempDir::new().unwrap();
        let (section, key) = setting.key.split_once('.').unwrap();
        let text = format!("[{section}]\n{key} = {:?}\n", setting.default);
        std::fs::write(dir.path().join("tapedeck.toml"), text).unwrap();
        let settings = load(&sources(Some(dir.path()), &[])).unwrap();
        let origin = of(setting.key, &settings.effective).origin;
        assert!(matches!(origin, Origin::File(_)), "{}: {origin:?}", setting.key);
    }
}

#[test]
fn nonsense_is_refused_by_every_setting_that_does_not_take_any_text() {
    let takes_text =
        |accepts: &str| ["path", "text", "name"].iter().any(|word| accepts.contains(word));
    for setting in SETTINGS.iter().filter(|setting| !takes_text(setting.accepts)) {
        let message = refused(&[(&setting.long_name(), "\u{1}:no such value:")]);
        assert!(message.contains(&setting.long_name()), "{message}");
        assert!(message.contains(setting.accepts), "{message}");
    }
}

#[test]
fn the_reference_is_that_of_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == tapedeck_config::reference(), "out of date: make configuration");
    for setting in SETTINGS {
        assert!(written.contains(&format!("\n### {}\n", setting.key)), "{}", setting.key);
        for name in setting.env_names().iter().chain(&setting.file_names()) {
            assert!(written.contains(&format!("`{name}`")), "{name}");
        }
    }
}
