//! The API's description held against the running server, and the pages that render it.

use reqwest::Method;
use serde_json::{Value, json};
use tapedeck_tests::{TestApp, schema};

async fn document(app: &TestApp) -> Value {
    app.get_json("/api/openapi.json").await.1
}

fn operations(document: &Value) -> Vec<(String, Method, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| {
                let method = method.to_uppercase().parse().unwrap();
                (path.clone(), method, operation.clone())
            })
        })
        .collect()
}

#[tokio::test]
async fn every_described_operation_is_routed() {
    let app = TestApp::with(&[("TAPEDECK__FLAGS__AI_ASSISTANT", "true")]).await;
    for (path, method, operation) in operations(&document(&app).await) {
        let concrete = path
            .replace("{file}", "")
            .replace("{code}", "not-ready")
            .replace("{id}", "none-of-this-name");
        let response = app.client.request(method.clone(), app.url(&concrete)).send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap_or_default();
        let routed = status != 405 && body["detail"] != "no such path";
        assert!(routed, "{method} {path}: {status} {body}");
        let described = operation["responses"].get(status.to_string()).is_some();
        assert!(described, "{method} {path}: the answer {status} is not described: {body}");
    }
}

/// Faults of an answer, by what is described for its path and status.
fn faults(document: &Value, path: &str, method: &str, status: u16, body: &Value) -> Vec<String> {
    let responses = &document["paths"][path][method]["responses"];
    let content = responses[status.to_string()]["content"].as_object();
    let schema = content.and_then(|content| content.values().next()).map(|media| &media["schema"]);
    match schema {
        Some(schema) => schema::faults(document, schema, body),
        None => vec![format!("{method} {path}: {status} is not described")],
    }
}

#[tokio::test]
async fn answers_have_the_described_shapes() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let backtests = "/api/v1/backtests";
    let request = json!({"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"});
    let created = app.client.post(app.url(backtests)).json(&request).send().await.unwrap();
    let (status, created) = (created.status().as_u16(), created.json::<Value>().await.unwrap());
    assert_eq!(faults(&document, backtests, "post", status, &created), Vec::<String>::new());
    let id = created["id"].as_str().unwrap();
    app.get_json(&format!("{backtests}/{id}?wait=30")).await;
    for (path, _, _) in operations(&document).iter().filter(|(_, method, _)| method == Method::GET)
    {
        let kind = path.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next());
        let id = match kind {
            Some("backtests") if !path.ends_with("/ws") && !path.ends_with("/stream") => id,
            Some("datasets") => "aapl-1d",
            Some("strategies") => "sma_crossover",
            Some("metric-definitions" | "queue" | "audit" | "system") => "",
            _ => continue,
        };
        if path.ends_with("/report") || path.ends_with("/module") {
            continue;
        }
        let query = match path.rsplit('/').next() {
            Some("state") => "?bar=200",
            Some("events") => "?format=json",
            _ => "",
        };
        let concrete =
            ["{id}", "{a}", "{b}"].iter().fold(path.clone(), |at, name| at.replace(name, id));
        let (status, body) = app.get_json(&format!("{concrete}{query}")).await;
        assert_eq!(status, 200, "{path}: {body}");
        assert_eq!(faults(&document, path, "get", status, &body), Vec::<String>::new(), "{path}");
    }
}

#[tokio::test]
async fn answers_about_sweeps_have_the_described_shapes() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let sweeps = "/api/v1/sweeps";
    let grid = json!({
        "backtest": {"dataset_id": "aapl-1d", "strategy_id": "sma_crossover"},
        "parameters": {"fast": {"from": 5, "to": 9}, "slow": {"values": [9, 50]}},
        "constraints": [{"left": "fast", "op": "lt", "right": 9}],
        "filters": [{"metric": "trades", "op": "gt", "value": 1}],
    });
    let posted = app.client.post(app.url(sweeps)).json(&grid).send().await.unwrap();
    let (status, posted) = (posted.status().as_u16(), posted.json::<Value>().await.unwrap());
    assert_eq!(faults(&document, sweeps, "post", status, &posted), Vec::<String>::new());
    let id = posted["id"].as_str().unwrap();
    app.get_json(&format!("{sweeps}/{id}?wait=30")).await;
    for (path, query) in [
        ("", ""),
        ("/{id}", ""),
        ("/{id}/events", "?format=json"),
        ("/{id}/results", ""),
        ("/{id}/heatmap", "?x=fast&y=slow"),
    ] {
        let path = format!("{sweeps}{path}");
        let (status, body) = app.get_json(&(path.replace("{id}", id) + query)).await;
        assert_eq!(status, 200, "{path}: {body}");
        assert_eq!(faults(&document, &path, "get", status, &body), Vec::<String>::new(), "{path}");
    }
}

#[tokio::test]
async fn problems_have_the_described_shape() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let backtests = "/api/v1/backtests";
    for body in ["{", r#"{"fees": 1}"#, r#"{"dataset_id": "?", "strategy_id": "x"}"#] {
        let response = app.client.post(app.url(backtests)).body(body).send().await.unwrap();
        let (status, problem) = (response.status().as_u16(), response.json().await.unwrap());
        assert_eq!(faults(&document, backtests, "post", status, &problem), Vec::<String>::new());
    }
}

#[tokio::test]
async fn examples_have_the_described_shapes() {
    let document = document(&TestApp::start().await).await;
    let mut found = 0;
    for (path, method, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for media in response["content"].as_object().into_iter().flat_map(|c| c.values()) {
                let Some(example) = media.get("example") else { continue };
                let faults = schema::faults(&document, &media["schema"], example);
                assert_eq!(faults, Vec::<String>::new(), "{method} {path} {status}");
                found += 1;
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"];
        for example in body["examples"].as_object().into_iter().flat_map(|e| e.values()) {
            let faults = schema::faults(&document, &body["schema"], &example["value"]);
            assert_eq!(faults, Vec::<String>::new(), "{method} {path}");
        }
    }
    for example in document["components"]["examples"].as_object().unwrap().values() {
        let problem = &document["components"]["schemas"]["Problem"];
        assert_eq!(schema::faults(&document, problem, &example["value"]), Vec::<String>::new());
    }
    assert!(found > 20, "{found} examples");
}

/// The text of a page that must be there, under a policy, and name no other host.
async fn page(app: &TestApp, path: &str) -> String {
    let response = app.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    let header = |name| response.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-type").starts_with("text/html"), "{path}");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';"), "{path}: {policy}");
    assert!(!policy.contains("http") && !policy.contains('*'), "{path}: {policy}");
    assert!(!policy.contains("script-src 'unsafe") && !policy.contains("eval"), "{path}");
    let text = response.text().await.unwrap();
    assert!(!text.contains("//"), "{path} names another host");
    text
}

#[tokio::test]
async fn the_description_is_rendered_without_any_other_host() {
    let app = TestApp::start().await;
    for path in ["/docs", "/docs/", "/redoc", "/redoc/"] {
        let text = page(&app, path).await;
        let links = text.split("src=\"").chain(text.split("href=\"")).skip(1);
        for link in links.filter(|link| link.starts_with('/')) {
            let link = link.split('"').next().unwrap();
            assert_eq!(app.get(link).await.status(), 200, "{path} links {link}");
        }
    }
    for missing in ["/docs/none.js", "/docs/index.html", "/redoc/none.js"] {
        assert_eq!(app.get_json(missing).await.1["code"], "not_found", "{missing}");
    }
}

#[tokio::test]
async fn redoc_is_rendered_or_says_what_to_install() {
    let app = TestApp::start().await;
    let text = page(&app, "/redoc").await;
    if text.contains("/redoc/redoc.js") {
        let script = app.get("/redoc/redoc.js").await.text().await.unwrap();
        assert!(script.contains("Redoc") && !script.contains("cdn.redoc"), "the script is offline");
    } else {
        assert!(text.contains("scripts/fetch-web.sh"), "{text}");
    }
}

#[tokio::test]
async fn swagger_ui_is_rendered_or_says_what_to_install() {
    let app = TestApp::start().await;
    let text = page(&app, "/docs").await;
    if text.contains("/docs/swagger-ui-bundle.js") {
        let start = app.get("/docs/swagger-initializer.js").await.text().await.unwrap();
        assert!(start.contains("/api/openapi.json"), "{start}");
        assert!(start.contains("validatorUrl: null"), "another host checks nothing: {start}");
        for (file, kind) in [("swagger-ui.css", "text/css"), ("favicon-32x32.png", "image/png")] {
            let response = app.get(&format!("/docs/{file}")).await;
            let found = response.headers()["content-type"].to_str().unwrap();
            assert!(found.starts_with(kind), "{file}: {found}");
        }
    } else {
        assert!(text.contains("scripts/fetch-web.sh"), "{text}");
    }
}

#[tokio::test]
async fn every_problem_has_its_page() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let codes = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    let index = page(&app, "/problems").await;
    for code in codes.iter().filter_map(Value::as_str) {
        let path = format!("/problems/{}", code.replace('_', "-"));
        assert!(index.contains(&format!("href=\"{path}\"")), "{path}");
        assert!(page(&app, &path).await.contains(&format!("<code>{code}</code>")), "{path}");
    }
    for unknown in ["/problems/nothing", "/problems/not_ready"] {
        let (status, problem) = app.get_json(unknown).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{unknown}");
    }
    let posted = app.client.post(app.url("/problems")).send().await.unwrap();
    assert_eq!(posted.status(), 405);
}
