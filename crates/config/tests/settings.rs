//! What the settings accept, what they refuse, and what they say about it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tapedeck_config::{DatabaseUrl, Settings, Sources, effective, load};

fn sources(env: &[(&str, &str)]) -> Sources {
    let env = env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Sources { env, dir: None }
}

fn refused(env: &[(&str, &str)]) -> String {
    load(&sources(env)).expect_err("these settings should be refused").to_string()
}

fn accepted(env: &[(&str, &str)]) -> Settings {
    load(&sources(env)).expect("these settings should be accepted")
}

#[test]
fn no_configuration_at_all_is_a_safe_configuration() {
    let settings = accepted(&[]);
    assert_eq!(settings.server.address(), "127.0.0.1:8000");
    assert_eq!(settings.server.cors_origins, ["http://localhost:3000"]);
    assert_eq!(settings.database.url.to_string(), "sqlite://data/tapedeck.db");
    assert!(settings.market_data.url.is_none());
}

#[test]
fn every_problem_is_listed_at_once() {
    let message = refused(&[
        ("BACKEND_PORT", "eight"),
        ("LOG_LEVEL", "loud"),
        ("TAPEDECK__MARKET_DATA__URL", "not a url"),
        ("TAPEDECK__EXECUTOR__MAX_CONCURRENT", "0"),
    ]);
    assert!(message.contains("4 problems"), "{message}");
    assert!(
        message.contains(r#"BACKEND_PORT = "eight": expected an integer from 0 to 65535"#),
        "{message}"
    );
    assert!(message.contains(r#"LOG_LEVEL = "loud": expected error, warn, info"#), "{message}");
    assert!(message.contains("TAPEDECK__MARKET_DATA__URL"), "{message}");
    assert!(message.contains("TAPEDECK__EXECUTOR__MAX_CONCURRENT"), "{message}");
}

#[test]
fn a_schedule_that_is_never_due_is_refused_with_its_name_and_the_reason() {
    let message = refused(&[
        ("TAPEDECK__SCHEDULES__RETENTION", "hourly"),
        ("TAPEDECK__SCHEDULES__VERIFY_SAMPLE", "0 0 30 2 *"),
        ("TAPEDECK__SCHEDULES__TIMEZONE", "Mars/Olympus"),
        ("TAPEDECK__MARKET_DATA__DATASETS", "aapl-1d, ../etc"),
        ("TAPEDECK__MARKET_DATA__TOKEN", "hunter 2"),
    ]);
    assert!(message.contains("5 problems"), "{message}");
    assert!(message.contains(r#"TAPEDECK__SCHEDULES__RETENTION = "hourly": expected a cron"#));
    assert!(message.contains("or off; not a cron expression: "), "{message}");
    assert!(message.contains("or off; there is no such time"), "{message}");
    assert!(message.contains(r#"TIMEZONE = "Mars/Olympus": expected a time zone"#), "{message}");
    assert!(message.contains("TAPEDECK__MARKET_DATA__DATASETS"), "{message}");
    assert!(!message.contains("hunter"), "{message}");
    let settings = accepted(&[
        ("TAPEDECK__SCHEDULES__RETENTION", "off"),
        ("TAPEDECK__SCHEDULES__VERIFY_SAMPLE", "*/10 * * * * *"),
        ("TAPEDECK__SCHEDULES__TIMEZONE", "Europe/Berlin"),
    ]);
    let crons: Vec<_> = settings.schedules.crons.values().flatten().collect();
    assert_eq!((settings.schedules.crons.len(), crons.len()), (6, 5));
    assert_eq!(&*crons[4].text, "*/10 * * * * *");
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let message = refused(&[("TAPEDECK__EXECUTOR__LEASE_M", "1")]);
    assert!(message.contains("did you mean TAPEDECK__EXECUTOR__LEASE_MS?"), "{message}");
}

#[test]
fn a_secret_is_never_shown() {
    let url = "mysql://user:hunter2@localhost/jobs";
    let message = refused(&[("DATABASE_URL", url)]);
    assert!(message.contains("DATABASE_URL") && !message.contains("hunter2"), "{message}");

    let url = "postgres://user:hunter2@localhost/jobs?password=hunter2";
    let settings = accepted(&[("DATABASE_URL", url)]);
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
    assert!(!settings.database.url.to_string().contains("hunter2"));
    let DatabaseUrl::Postgres(secret) = &settings.database.url else { panic!("not postgres") };
    assert_eq!(secret.expose(), url);
    assert!(!format!("{:?}", effective(&sources(&[("DATABASE_URL", url)]))).contains("hunter2"));
}

#[test]
fn a_host_is_an_address_or_a_name() {
    for (host, address) in [
        ("::1", "[::1]:8000"),
        ("[::]", "[::]:8000"),
        ("0.0.0.0", "0.0.0.0:8000"),
        ("tapedeck.example.org", "tapedeck.example.org:8000"),
    ] {
        assert_eq!(accepted(&[("BACKEND_HOST", host)]).server.address(), address);
    }
    for host in ["", "a b", "http://a", "a/b", "a:1", "a..b", "[::1"] {
        assert!(refused(&[("BACKEND_HOST", host)]).contains("BACKEND_HOST"), "{host}");
    }
}

#[test]
fn trusted_proxies_are_addresses_and_networks() {
    let name = "TAPEDECK__SERVER__TRUSTED_PROXIES";
    let settings = accepted(&[(name, "10.0.0.0/8, 127.0.0.1,2001:db8::/32")]);
    let shown: Vec<_> = settings.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "127.0.0.1/32", "2001:db8::/32"]);
    for wrong in ["10.0.0.0/33", "proxy.example", "10.0.0.1:80"] {
        assert!(refused(&[(name, wrong)]).contains(name), "{wrong}");
    }
}

#[test]
fn allowed_hosts_are_names_with_or_without_a_port() {
    let name = "TAPEDECK__SERVER__ALLOWED_HOSTS";
    let settings = accepted(&[(name, "a.example, b.example:8443,[::1]:9, [::2]")]);
    let expected = ["a.example", "b.example:8443", "[::1]:9", "[::2]"];
    assert_eq!(settings.server.allowed_hosts, expected);
    for bad in ["http://a.example", "a.example/b", "a:b", "a:99999", "*", "[::1]9"] {
        assert!(refused(&[(name, bad)]).contains(name), "{bad}");
    }
}

#[test]
fn a_certificate_needs_its_key_and_a_key_its_certificate() {
    let (certificate, key) = ("TAPEDECK__SERVER__TLS_CERT_FILE", "TAPEDECK__SERVER__TLS_KEY_FILE");
    assert!(accepted(&[]).server.tls.is_none());
    assert!(accepted(&[(certificate, "c.pem"), (key, "k.pem")]).server.tls.is_some());
    for (given, missing) in [(certificate, key), (key, certificate)] {
        let message = refused(&[(given, "x.pem")]);
        assert!(message.contains(&format!("{missing} = \"\": expected a path")), "{message}");
    }
}

#[test]
fn the_key_of_a_command_is_never_shown() {
    let settings = accepted(&[("TAPEDECK_KEY", "td_hunter2")]);
    assert_eq!(settings.client.key.as_ref().unwrap().expose(), "td_hunter2");
    assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
    let (shown, _) = effective(&sources(&[("TAPEDECK_KEY", "td_hunter2")]));
    assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
    assert!(!refused(&[("TAPEDECK_KEY", "td_hunter2\n x")]).contains("hunter2"));
}

#[test]
fn origins_are_separated_by_commas() {
    let settings = accepted(&[("CORS_ORIGINS", "http://localhost:3000, https://a.example")]);
    assert_eq!(settings.server.cors_origins, ["http://localhost:3000", "https://a.example"]);
    assert!(accepted(&[("CORS_ORIGINS", "")]).server.cors_origins.is_empty());
    assert!(refused(&[("CORS_ORIGINS", "localhost:3000")]).contains("CORS_ORIGINS"));
    assert!(refused(&[("CORS_ORIGINS", "http://a.example/path")]).contains("CORS_ORIGINS"));
}

#[test]
fn the_environment_wins_over_dotenv_over_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "tapedeck.toml",
        "[server]\nport = 1\nmax_body_bytes = 2048\n[executor]\nlease_ms = 600\n",
    );
    write(".env", "BACKEND_PORT=2\nTAPEDECK__EXECUTOR__LEASE_MS=700\nSOMETHING_ELSE=ignored\n");
    let env = BTreeMap::from([("BACKEND_PORT".to_owned(), "3".to_owned())]);
    let settings = load(&Sources { env, dir: Some(dir.path().into()) }).unwrap();
    assert_eq!(settings.server.port, 3);
    assert_eq!(settings.executor.lease.as_millis(), 700);
    assert_eq!(settings.server.max_body_bytes, 2048);
}

#[test]
fn unknown_keys_and_wrong_types_in_the_file_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.toml");
    std::fs::write(&path, "[server]\nprot = 1\nport = \"x\"\n").unwrap();
    let name = path.display().to_string();
    let message = refused(&[("TAPEDECK_CONFIG", &name)]);
    assert!(message.contains("did you mean server.port?"), "{message}");
    assert!(message.contains(r#"server.port = "x""#), "{message}");
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let message = refused(&[("TAPEDECK_CONFIG", "no/such/file.toml")]);
    assert!(message.contains("no/such/file.toml"), "{message}");
}

#[test]
fn the_database_defaults_to_a_file_in_the_data_directory() {
    let settings = accepted(&[("TAPEDECK_DATA_DIR", "elsewhere")]);
    assert_eq!(settings.files.data_dir, PathBuf::from("elsewhere"));
    assert_eq!(settings.database.url.to_string(), "sqlite://elsewhere/tapedeck.db");
}

#[test]
fn the_example_file_matches_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, tapedeck_config::env_example(), "run `make env-example`");
}

#[test]
fn a_collector_is_named_without_its_secrets_and_its_headers_are_never_shown() {
    const ENDPOINT: &str = "TAPEDECK__TELEMETRY__OTLP_ENDPOINT";
    const HEADERS: &str = "TAPEDECK__TELEMETRY__OTLP_HEADERS";
    for url in ["x", "ftp://a", "http://me:pw@a", "http://me@a", "https://a?key=1"] {
        assert!(refused(&[(ENDPOINT, url)]).contains(ENDPOINT), "{url}");
    }
    for headers in ["x", "=v", "a b=v", "a=\u{e9}", "a=1,b"] {
        let message = refused(&[(HEADERS, headers)]);
        assert!(message.contains(HEADERS) && message.contains("[secret]"), "{message}");
    }
    assert!(refused(&[("TAPEDECK__TELEMETRY__SERVICE_NAME", "a b")]).contains("SERVICE_NAME"));
    assert!(accepted(&[]).telemetry.otlp_endpoint.is_none());
    let given = [(ENDPOINT, "http://127.0.0.1:4318"), (HEADERS, "X-Key=canary=1, other = 2 ,")];
    let telemetry = accepted(&given).telemetry;
    let headers: Vec<_> = telemetry.otlp_headers.expose().collect();
    assert_eq!(headers, [("x-key", "canary=1"), ("other", "2")]);
    assert!(!format!("{telemetry:?}").contains("canary"));
}
