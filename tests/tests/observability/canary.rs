//! A secret in every place that may have one is found in no place that may not.

use serde_json::Value;
use tapedeck_config::SETTINGS;
use tempfile::TempDir;

use crate::collector::Collector;
use crate::server::Server;
use crate::support::{TestDatabase, client};

const CANARY: &str = "c4nary-5f1d9a";

/// Headers in which clients send secrets, each with the canary.
const HEADERS: [(&str, &str); 6] = [
    ("authorization", "Bearer c4nary-5f1d9a"),
    ("proxy-authorization", "Basic c4nary-5f1d9a"),
    ("cookie", "session=c4nary-5f1d9a"),
    ("x-api-key", "c4nary-5f1d9a"),
    ("idempotency-key", "c4nary-5f1d9a"),
    ("x-forwarded-for", "c4nary-5f1d9a"),
];

/// A role of this server whose password is the canary.
async fn database_url(database: &TestDatabase) -> String {
    let role = format!("role_{}", database.name);
    let create = format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{CANARY}'");
    client(&database.name).await.batch_execute(&create).await.unwrap();
    let (_, place) =
        database.url().rsplit_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    format!("postgres://{role}:{CANARY}@{place}")
}

/// Every path of the description, with something for its parameters.
async fn paths(server: &Server) -> Vec<String> {
    let (_, text) = server.get("/api/openapi.json").await;
    let document: Value = serde_json::from_str(&text).unwrap();
    let gets =
        document["paths"].as_object().unwrap().iter().filter(|(_, item)| item["get"].is_object());
    let fill = |path: &String| {
        path.split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/")
    };
    gets.map(|(path, _)| fill(path)).collect()
}

/// What is said in answer to `path`, headers included, when all that is secret is sent along.
async fn answer(server: &Server, path: &str) -> String {
    let mut request = server.client.get(server.url(&format!("{path}?ticket={CANARY}")));
    for (name, value) in HEADERS {
        request = request.header(name, value);
    }
    let response = request.send().await.unwrap();
    let headers = format!("{:?}", response.headers());
    headers + &response.text().await.unwrap()
}

#[tokio::test]
async fn a_canary_in_every_secret_setting_and_header_appears_nowhere() {
    let (database, dir) = (TestDatabase::migrated().await, TempDir::new().unwrap());
    let collector = Collector::start(401).await;
    let (url, header) = (database_url(&database).await, format!("x-key={CANARY}"));
    let key = format!("td_{CANARY}");
    let secrets = [
        ("database.url", url.as_str()),
        ("telemetry.otlp_headers", header.as_str()),
        ("market_data.token", CANARY),
        ("client.key", key.as_str()),
    ];
    let setting = |key: &str| SETTINGS.iter().find(|setting| setting.key == key).unwrap();
    let every: Vec<&str> = SETTINGS.iter().filter(|s| s.secret).map(|s| s.key).collect();
    assert!(every.iter().all(|key| secrets.iter().any(|(known, _)| known == key)), "{every:?}");
    let names: Vec<String> = secrets.iter().map(|(key, _)| setting(key).long_name()).collect();
    let mut env: Vec<(&str, &str)> =
        names.iter().zip(&secrets).map(|(name, (_, value))| (name.as_str(), *value)).collect();
    env.extend([
        ("TAPEDECK__TELEMETRY__OTLP_ENDPOINT", collector.url.as_str()),
        ("TAPEDECK__MARKET_DATA__URL", collector.url.as_str()),
        ("TAPEDECK__TELEMETRY__INTERVAL_MS", "100"),
        ("LOG_LEVEL", "trace"),
    ]);
    let server = Server::start(dir.path(), &env).await;
    let said = server.said("the collector does not take telemetry; it is dropped", |_| true).await;
    assert_eq!(said["error"], "it answers 401");
    let paths = paths(&server).await;
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        let answer = answer(&server, &path).await;
        assert!(!answer.contains(CANARY), "{path}: {answer}");
    }
    // Something that is audited, and a refusal.
    let pause = server.client.post(server.url("/api/v1/queue/pause")).header("cookie", CANARY);
    assert_eq!(pause.send().await.unwrap().status(), 200);
    let (_, audit) = server.get("/api/v1/audit").await;
    assert!(audit.contains("queue.pause") && !audit.contains(CANARY), "{audit}");
    let (_, metrics) = server.get("/metrics").await;
    assert!(metrics.contains("tapedeck_http_requests_total") && !metrics.contains(CANARY));
    let lines = server.texts().join("\n");
    assert!(lines.contains("queue/pause"), "the log is there");
    assert!(
        !lines.contains(CANARY),
        "{}",
        lines.lines().find(|line| line.contains(CANARY)).unwrap()
    );
}
