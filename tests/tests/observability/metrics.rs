//! What `/metrics` counts.

use serde_json::json;
use tapedeck_tests::crossover;
use tempfile::TempDir;

use crate::server::Server;
use crate::support::TestDatabase;

const REQUESTS: &str = "tapedeck_http_requests_total";
const ENDS: &str = "tapedeck_runs_ended_total";

#[tokio::test]
async fn counters_grow_by_exactly_what_was_done() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[]).await;
    let before = server.scrape().await;
    let succeeded = [("kind", "backtest"), ("state", "succeeded")];
    assert_eq!(before.sum(ENDS, &succeeded), 0.0);
    assert!(before.has(ENDS), "it is there before its first step");
    let mut bars = 0.0;
    for seed in 0..3 {
        let mut body = crossover();
        body["seed"] = json!(seed);
        let id = server.submit(&body, &[]).await;
        let done = server.end_of(&id).await;
        assert_eq!(done["status"], "succeeded");
        bars += done["progress"]["bars_total"].as_f64().unwrap();
    }
    let (status, _) = server.get("/api/v1/backtests/nothing").await;
    assert_eq!(status, 404);
    let line = |line: &str| line.contains("request served") && line.contains("nothing");
    server.line(line).await;
    let after = server.scrape().await;
    assert_eq!(after.sum(ENDS, &succeeded), 3.0);
    assert_eq!(after.sum(ENDS, &[]), 3.0);
    let posts = [("method", "POST"), ("route", "/api/v1/backtests"), ("status", "202")];
    assert_eq!(after.sum(REQUESTS, &posts), 3.0);
    let one = "/api/v1/backtests/{id}";
    assert_eq!(after.sum(REQUESTS, &[("route", one), ("status", "200")]), 3.0);
    assert_eq!(after.sum(REQUESTS, &[("route", one), ("status", "404")]), 1.0);
    let durations = "tapedeck_http_request_duration_seconds_count";
    assert_eq!(after.sum(durations, &[("route", one)]), 4.0);
    for name in ["tapedeck_queue_wait_seconds_count", "tapedeck_run_duration_seconds_count"] {
        assert_eq!(after.sum(name, &[]), 3.0, "{name}");
    }
    assert_eq!(after.sum("tapedeck_run_bars_per_second_count", &[]), 3.0);
    assert_eq!(after.sum("tapedeck_run_bars_total", &[]), bars);
    assert_eq!(after.sum("tapedeck_run_peak_memory_bytes_count", &[]), 3.0);
    assert_eq!(after.sum("tapedeck_queue_claimed_jobs_total", &[]), 3.0);
    assert_eq!(after.sum("tapedeck_runs_active", &[]), 0.0);
    // The scrape itself is one.
    assert_eq!(after.sum("tapedeck_http_requests_in_flight", &[]), 1.0);
}

#[tokio::test]
async fn the_state_of_everything_is_there() {
    let dir = TempDir::new().unwrap();
    let quota = ("TAPEDECK__FILES__QUOTA_MB", "1000");
    let server = Server::start(dir.path(), &[quota]).await;
    let scrape = server.scrape().await;
    assert_eq!(scrape.sum("tapedeck_ready", &[]), 1.0);
    for dependency in ["database", "migrations", "executor", "artifact_store", "sandbox"] {
        let up = scrape.sum("tapedeck_up", &[("dependency", dependency)]);
        assert_eq!(up, 1.0, "{dependency}");
    }
    let version = [("version", env!("CARGO_PKG_VERSION")), ("role", "all")];
    assert_eq!(scrape.sum("tapedeck_build_info", &version), 1.0);
    assert_eq!(scrape.count("tapedeck_queue_jobs"), 4);
    assert_eq!(scrape.sum("tapedeck_storage_quota_bytes", &[]), 1000.0 * 1_048_576.0);
    assert!(scrape.sum("tapedeck_storage_used_bytes", &[]) > 1e5);
    assert!(scrape.sum("tapedeck_database_connections_max", &[]) >= 1.0);
    assert!(scrape.sum("tapedeck_database_connections", &[]) >= 1.0);
    assert!(scrape.sum("tapedeck_database_acquire_seconds_count", &[]) >= 1.0);
    assert!(scrape.sum("process_resident_memory_bytes", &[]) > 1e6);
    assert!(scrape.sum("process_open_fds", &[]) > 3.0);
    assert!(scrape.has("process_cpu_seconds_total"));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_one_label() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[("LOG_LEVEL", "warn,tapedeck=info")]).await;
    let before = server.scrape().await.samples.len();
    for n in 0..1000 {
        let method = reqwest::Method::from_bytes(format!("M{}", n % 50).as_bytes()).unwrap();
        let (get, other) = (format!("/no/{n}?x={n}"), format!("/api/v1/backtests/{n}/x{n}"));
        let method = if n % 10 == 0 { method } else { reqwest::Method::GET };
        for path in [get, other] {
            let request = server.client.request(method.clone(), server.url(&path));
            assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
        }
    }
    let after = server.scrape().await;
    assert_eq!(after.sum(REQUESTS, &[("route", "none"), ("status", "404")]), 2000.0);
    assert_eq!(after.sum(REQUESTS, &[("method", "other")]), 200.0);
    // A counter and a histogram for each of two methods, and those of the scrapes.
    assert!(after.samples.len() <= before + 3 * 20, "{before}, then {}", after.samples.len());
    assert_eq!(after.sum("tapedeck_metrics_refused_total", &[]), 0.0);
}

#[tokio::test]
async fn a_worker_without_an_api_is_scraped_too() {
    let database = TestDatabase::migrated().await;
    let (dir, url) = (TempDir::new().unwrap(), database.url());
    let env = [("DATABASE_URL", url.as_str()), ("TAPEDECK_ROLE", "worker")];
    let server = Server::start(dir.path(), &env).await;
    let scrape = server.scrape().await;
    assert_eq!(scrape.sum("tapedeck_build_info", &[("role", "worker")]), 1.0);
    assert!(scrape.has("tapedeck_queue_claims_total"));
    assert_eq!(server.get("/api/v1/backtests").await.0, 404);
}
