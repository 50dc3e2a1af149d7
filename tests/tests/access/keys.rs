//! Keys: made, used, taken back.

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::TestApp;

use super::support::TestDatabase;
use super::{get, key_of, made, post, request, told};

#[tokio::test]
async fn a_server_without_keys_asks_for_none_and_one_with_a_key_always_does() {
    let app = TestApp::start().await;
    assert_eq!(get(&app, "/api/v1/backtests", None).await.0, 200);
    let admin = made(&app, None, &json!({"name": "operator", "scope": "admin"})).await;
    let (id, key) = (admin["id"].as_str().unwrap(), admin["key"].as_str());

    let refused = request(&app, Method::GET, "/api/v1/backtests", None).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), 401);
    assert_eq!(refused.headers()["www-authenticate"], "Bearer");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "unauthorized");
    assert_eq!(get(&app, "/api/v1/backtests", key).await.0, 200);
    assert_eq!(get(&app, "/no/such/path", None).await.0, 401, "nobody learns which paths are");
    assert_eq!(get(&app, "/no/such/path", key).await.0, 404);
    for public in ["/healthz", "/api/health/ready", "/docs", "/problems", "/api/openapi.json"] {
        let answer = request(&app, Method::GET, public, None).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{public}");
    }

    let path = format!("/api/v1/keys/{id}");
    for _ in 0..2 {
        let revoked = request(&app, Method::DELETE, &path, key).send().await.unwrap();
        let (status, problem) = told(revoked).await;
        assert!(status == 204 || problem["detail"] == "the key was revoked", "{problem}");
    }
    let (status, problem) = get(&app, "/api/v1/backtests", None).await;
    assert_eq!(status, 401, "revoking the last key opens nothing: {problem}");
}

#[tokio::test]
async fn a_key_is_told_once_and_kept_nowhere() {
    let app = TestApp::start().await;
    let made = made(&app, None, &json!({"name": "operator", "scope": "admin"})).await;
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with(made["prefix"].as_str().unwrap()), "{made}");
    let (_, listed) = get(&app, "/api/v1/keys", Some(key)).await;
    assert_eq!(listed["items"][0]["id"], made["id"]);
    let (_, trail) = get(&app, "/api/v1/audit", Some(key)).await;
    assert_eq!(trail["items"][0]["action"], "key.create", "{trail}");
    assert_eq!(trail["items"][0]["actor"], "anonymous");
    let body = &key[11..40];
    assert!(!listed.to_string().contains(body) && !trail.to_string().contains(body));
    for entry in std::fs::read_dir(app.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(body.len()).any(|window| window == body.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[tokio::test]
async fn what_is_no_key_is_refused_whatever_it_looks_like() {
    let app = TestApp::start().await;
    let key = key_of(&app, None, "operator", "admin").await;
    let other = TestApp::start().await;
    let of_other_server = key_of(&other, None, "operator", "admin").await;
    for text in
        ["", "x", "td_", &key[..52], &format!("{key}x"), &key.to_uppercase(), &of_other_server]
    {
        let (status, problem) = get(&app, "/api/v1/backtests", Some(text)).await;
        assert_eq!((status, &problem["code"]), (401, &json!("unauthorized")), "{text}");
    }
    for value in [format!("Basic {key}"), key.clone(), format!("Bearer {key}, Bearer {key}")] {
        let request = app.client.get(app.url("/api/v1/backtests")).header("authorization", value);
        assert_eq!(request.send().await.unwrap().status().as_u16(), 401);
    }
    let lower = app.client.get(app.url("/api/v1/backtests"));
    let lower = lower.header("authorization", format!("bearer {key}"));
    assert_eq!(lower.send().await.unwrap().status().as_u16(), 200, "the scheme in any case");
    for name in ["key", "token", "api_key", "access_token", "ticket"] {
        let (status, problem) = get(&app, &format!("/api/v1/backtests?{name}={key}"), None).await;
        assert_eq!(status, 401, "{name}: {problem}");
        assert!(!problem.to_string().contains(&key[11..40]), "{problem}");
    }
}

#[tokio::test]
async fn bad_requests_for_keys_make_none() {
    let app = TestApp::start().await;
    for (body, status) in [
        (json!({"name": "A", "scope": "run"}), 422),
        (json!({"name": "a", "scope": "root"}), 422),
        (json!({"name": "a", "scope": "run", "expires_in_ms": 0}), 422),
        (json!({"name": "a", "scope": "run", "admin": true}), 422),
        (json!({"name": "a"}), 422),
    ] {
        assert_eq!(post(&app, "/api/v1/keys", None, &body).await.0, status, "{body}");
    }
    assert_eq!(
        get(&app, "/api/v1/keys", None).await,
        (200, json!({"items": [], "next_cursor": null}))
    );
    let key = key_of(&app, None, "a", "admin").await;
    let (status, problem) =
        post(&app, "/api/v1/keys", Some(&key), &json!({"name": "a", "scope": "run"})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")), "{problem}");
    for id in ["none", "0199a3c2-7d1e-7c4b-9a57-2f6f0b8f6a11"] {
        let path = format!("/api/v1/keys/{id}");
        let gone = request(&app, Method::DELETE, &path, Some(&key)).send().await.unwrap();
        assert_eq!(gone.status().as_u16(), 404);
    }
}

#[tokio::test]
async fn what_is_done_with_a_key_is_in_the_trail_under_its_name() {
    let app = TestApp::start().await;
    let key = key_of(&app, None, "operator", "admin").await;
    let (status, paused) = post(&app, "/api/v1/queue/pause", Some(&key), &json!({})).await;
    assert_eq!((status, &paused["pause"]["by"]), (200, &json!("key:operator")), "{paused}");
    let (_, trail) = get(&app, "/api/v1/audit?actor=key:operator", Some(&key)).await;
    assert_eq!(trail["items"][0]["action"], "queue.pause", "{trail}");
    let runner = key_of(&app, Some(&key), "runner", "run").await;
    let (_, trail) = get(&app, "/api/v1/audit?subject=keys/runner", Some(&key)).await;
    assert_eq!(trail["items"][0]["actor"], "key:operator", "{trail}");
    assert_eq!(trail["items"][0]["after"]["scope"], "run");
    let (status, problem) = post(&app, "/api/v1/queue/resume", Some(&runner), &json!({})).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    assert_eq!(problem["detail"], "the key lacks the scope `admin`");
}

#[tokio::test]
async fn a_path_that_is_spelt_otherwise_needs_the_same() {
    let app = TestApp::start().await;
    let admin = key_of(&app, None, "operator", "admin").await;
    let runner = key_of(&app, Some(&admin), "runner", "run").await;
    let body = json!({"name": "stolen", "scope": "admin"});
    for path in [
        "/api/v1/%6beys",
        "/api/v1/%6Be%79s",
        "/%61pi/v1/keys",
        "/api/v1/keys/",
        "//api/v1/keys",
        "/api/v1/./keys",
        "/api/v1//keys",
        "/api/v1/keys%2f",
        "/api/v1/KEYS",
    ] {
        let (status, answer) = post(&app, path, Some(&runner), &body).await;
        assert!(matches!(status, 403 | 404), "{path}: {status} {answer}");
        assert_eq!(post(&app, path, None, &body).await.0, 401, "{path}");
    }
    let (_, listed) = get(&app, "/api/v1/%6beys", Some(&admin)).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2), "{listed}");
}

#[tokio::test]
async fn idempotency_keys_of_other_access_keys_do_not_matter() {
    let app = TestApp::start().await;
    let admin = key_of(&app, None, "operator", "admin").await;
    let other = key_of(&app, Some(&admin), "other", "run").await;
    let submit = |key: String, seed: u64| {
        let body = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover", "seed": seed});
        let request = request(&app, Method::POST, "/api/v1/backtests", Some(&key)).json(&body);
        async move { told(request.header("idempotency-key", "1").send().await.unwrap()).await }
    };
    let (status, first) = submit(admin.clone(), 1).await;
    assert_eq!(status, 202, "{first}");
    let (status, second) = submit(other.clone(), 2).await;
    assert_eq!(status, 202, "another client's key is another key: {second}");
    assert_eq!(submit(admin.clone(), 1).await.1["id"], first["id"]);
    assert_eq!(submit(other, 2).await.1["id"], second["id"]);
    assert_eq!(submit(admin, 2).await.0, 409);
}

#[tokio::test]
async fn when_a_key_was_last_used_is_kept() {
    let app = TestApp::start().await;
    let key = key_of(&app, None, "operator", "admin").await;
    for _ in 0..600 {
        let (_, listed) = get(&app, "/api/v1/keys", Some(&key)).await;
        if listed["items"][0]["last_used_at"].is_string() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("its use was never written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_made_and_revoked_hold_in_every_process() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let here = TestApp::with(&[("DATABASE_URL", &url)]).await;
    let shared = here.data_dir().to_str().unwrap();
    let there = TestApp::with(&[("DATABASE_URL", &url), ("TAPEDECK_DATA_DIR", shared)]).await;
    let admin = key_of(&here, None, "operator", "admin").await;
    assert_eq!(get(&there, "/api/v1/keys", Some(&admin)).await.0, 200);
    there.until("/api/v1/backtests", 401).await;
    let other = made(&here, Some(&admin), &json!({"name": "ci", "scope": "run"})).await;
    let key = other["key"].as_str().unwrap();
    assert_eq!(get(&there, "/api/v1/backtests", Some(key)).await.0, 200, "at once");

    let path = format!("/api/v1/keys/{}", other["id"].as_str().unwrap());
    let revoked = request(&here, Method::DELETE, &path, Some(&admin)).send().await.unwrap();
    assert_eq!(revoked.status().as_u16(), 204);
    assert_eq!(get(&here, "/api/v1/backtests", Some(key)).await.0, 401, "here at once");
    for _ in 0..600 {
        if get(&there, "/api/v1/backtests", Some(key)).await.0 == 401 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the other process never heard of it");
}
