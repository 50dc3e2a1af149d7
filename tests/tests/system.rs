//! What the server says about itself.

use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_domain::isolation::{Layer, LayerPolicy};
use tapedeck_testkit::ScriptedIsolation;
use tapedeck_tests::TestApp;

const PATH: &str = "/api/v1/system";

async fn around(isolation: ScriptedIsolation, env: &[(&str, &str)]) -> TestApp {
    TestApp::over(env, |mut adapters| {
        adapters.isolation = Arc::new(isolation);
        adapters
    })
    .await
}

fn layer(system: &Value, name: &str) -> Value {
    let layers = system["sandbox"]["layers"].as_array().unwrap();
    layers.iter().find(|layer| layer["layer"] == name).unwrap().clone()
}

#[tokio::test]
async fn it_names_its_build_its_limits_and_every_layer() {
    let app = TestApp::with(&[
        ("TAPEDECK__EXECUTOR__MEMORY_MB", "77"),
        ("TAPEDECK__EXECUTOR__QUEUE_LIMIT", "13"),
    ])
    .await;
    let (status, system) = app.get_json(PATH).await;
    assert_eq!(status, 200, "{system}");
    assert_eq!(system["version"], env!("CARGO_PKG_VERSION"));
    assert!(!system["build"]["commit"].as_str().unwrap().is_empty());
    assert_eq!(system["engine_version"], tapedeck_engine::ENGINE_VERSION);
    assert_eq!(system["role"], "all");
    let limits = &system["limits"];
    assert_eq!((&limits["memory_mb"], &limits["queue"]), (&json!(77), &json!(13)));
    for limit in ["timeout_ms", "cpu_ms", "bars", "orders", "log_lines", "output_bytes"] {
        assert!(limits[limit].is_u64(), "{limit}");
    }
    let layers = system["sandbox"]["layers"].as_array().unwrap();
    let names: Vec<&str> = layers.iter().map(|layer| layer["layer"].as_str().unwrap()).collect();
    assert_eq!(names, Layer::ALL.map(Layer::as_str));
}

#[tokio::test]
async fn a_parameter_that_there_is_not_is_refused() {
    let app = TestApp::start().await;
    let (status, problem) = app.get_json("/api/v1/system?verbose=1").await;
    assert_eq!((status, &problem["code"]), (422, &json!("validation_error")), "{problem}");
}

#[tokio::test]
async fn its_role_is_the_one_of_the_process() {
    let app = TestApp::with(&[("TAPEDECK__SERVER__ROLE", "api")]).await;
    assert_eq!(app.get_json(PATH).await.1["role"], "api");
}

#[tokio::test]
async fn runs_with_all_layers_around_them_are_nothing_to_remark() {
    let app = around(ScriptedIsolation::whole(LayerPolicy::Required), &[]).await;
    let (status, ready) = app.get_json("/api/health/ready").await;
    let check = &ready["checks"]["sandbox"];
    assert_eq!((status, &check["status"], &check["detail"]), (200, &json!("up"), &Value::Null));
    let seccomp = layer(&app.get_json(PATH).await.1, "seccomp");
    assert_eq!((&seccomp["enforced"], &seccomp["policy"]), (&json!(true), &json!("required")));
}

#[tokio::test]
async fn a_layer_that_is_missing_and_only_preferred_degrades_a_ready_server() {
    let isolation = ScriptedIsolation::whole(LayerPolicy::Preferred);
    let app = around(isolation.without(Layer::Network, "the kernel refuses it"), &[]).await;
    let (status, ready) = app.get_json("/api/health/ready").await;
    let check = &ready["checks"]["sandbox"];
    assert_eq!((status, &check["status"]), (200, &json!("up")));
    assert_eq!((&check["degraded"], &ready["state"]), (&json!(true), &json!("degraded")));
    assert_eq!(check["detail"], "runs go without network (the kernel refuses it)");
    let network = layer(&app.get_json(PATH).await.1, "network");
    let expected = json!({
        "layer": "network", "policy": "preferred", "enforced": false,
        "detail": "the kernel refuses it",
    });
    assert_eq!(network, expected);
}

#[tokio::test]
async fn a_layer_that_is_missing_and_required_makes_the_server_not_ready() {
    let isolation = ScriptedIsolation::whole(LayerPolicy::Required);
    let isolation = isolation.without(Layer::Landlock, "the kernel has no Landlock");
    let app = around(isolation.without(Layer::Uid, "no such user"), &[]).await;
    let (status, ready) = app.get_json("/api/health/ready").await;
    assert_eq!((status, &ready["checks"]["sandbox"]["status"]), (503, &json!("down")));
    let detail = ready["checks"]["sandbox"]["detail"].as_str().unwrap();
    for part in ["landlock (the kernel has no Landlock)", "uid (no such user)", "to preferred"] {
        assert!(detail.contains(part), "{detail}");
    }
}

#[tokio::test]
async fn a_server_that_can_start_no_run_says_why_of_every_layer() {
    let isolation = ScriptedIsolation::whole(LayerPolicy::Preferred);
    let app = around(isolation.broken("no more processes"), &[]).await;
    let (status, ready) = app.get_json("/api/health/ready").await;
    let detail = ready["checks"]["sandbox"]["detail"].as_str().unwrap();
    assert!(status == 503 && detail.contains("no run can start"), "{detail}");
    let (status, system) = app.get_json(PATH).await;
    assert_eq!(status, 200);
    for layer in system["sandbox"]["layers"].as_array().unwrap() {
        assert_eq!(layer["enforced"], false, "{layer}");
        assert!(layer["detail"].as_str().unwrap().contains("no run can start"), "{layer}");
    }
}
