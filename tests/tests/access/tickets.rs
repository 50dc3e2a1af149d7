//! Tickets: once, for sockets and streams.

use serde_json::{Value, json};
use tapedeck_tests::ws::Viewer;
use tapedeck_tests::{TestApp, crossover};

use super::{get, key_of, made, post, request};

async fn ticket(app: &TestApp, key: Option<&str>) -> String {
    let (status, ticket) = post(app, "/api/v1/tickets", key, &json!({})).await;
    assert_eq!(status, 201, "{ticket}");
    assert!(ticket["expires_at"].is_string(), "{ticket}");
    ticket["ticket"].as_str().unwrap().to_owned()
}

async fn finished(app: &TestApp) -> String {
    let done = app.run_backtest(&crossover()).await;
    done["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_ticket_opens_one_socket() {
    let app = TestApp::start().await;
    let id = finished(&app).await;
    let key = key_of(&app, None, "viewer", "read").await;
    let ticket = ticket(&app, Some(&key)).await;
    let url = format!("{}?ticket={ticket}", app.ws_url(&id));
    let mut viewer = Viewer::connect(&url).await;
    assert_eq!(viewer.next().await.unwrap()["t"], "hello");
    let again = tokio_tungstenite::connect_async(&url).await;
    let Err(tokio_tungstenite::tungstenite::Error::Http(refused)) = again else {
        panic!("the ticket was taken twice");
    };
    assert_eq!(refused.status().as_u16(), 401);
    let bare = tokio_tungstenite::connect_async(&app.ws_url(&id)).await;
    assert!(bare.is_err(), "nothing opens without it");
}

#[tokio::test]
async fn a_ticket_opens_a_stream_whose_other_parameters_stay() {
    let app = TestApp::start().await;
    let id = finished(&app).await;
    let key = key_of(&app, None, "viewer", "read").await;
    let first = ticket(&app, Some(&key)).await;
    let events = format!("/api/v1/backtests/{id}/events?ticket={first}&format=json");
    let (status, page) = get(&app, &events, None).await;
    assert_eq!((status, page["items"].is_array()), (200, true), "{page}");
    let (status, problem) = get(&app, &events, None).await;
    assert_eq!(status, 401);
    assert_eq!(problem["detail"], "the ticket was used, has expired, or never was");
    assert!(!problem.to_string().contains(&first), "{problem}");
    let second = ticket(&app, Some(&key)).await;
    let speed = format!("/api/v1/backtests/{id}/stream?speed=nan&ticket={second}");
    assert_eq!(get(&app, &speed, None).await.0, 422, "what is left is read as ever");
}

#[tokio::test]
async fn a_ticket_opens_nothing_else_and_no_more_than_its_key() {
    let app = TestApp::start().await;
    let admin = key_of(&app, None, "operator", "admin").await;
    let viewer = made(&app, Some(&admin), &json!({"name": "viewer", "scope": "read"})).await;
    let key = viewer["key"].as_str().unwrap();
    let unused = ticket(&app, Some(key)).await;
    let (status, _) = get(&app, &format!("/api/v1/backtests?ticket={unused}"), None).await;
    assert_eq!(status, 401);
    let path = format!("/api/v1/keys/{}", viewer["id"].as_str().unwrap());
    let revoked = request(&app, reqwest::Method::DELETE, &path, Some(&admin)).send().await.unwrap();
    assert_eq!(revoked.status().as_u16(), 204);
    let stream = format!("/api/v1/backtests/x/events?ticket={unused}");
    let (status, problem) = get(&app, &stream, None).await;
    assert_eq!((status, &problem["detail"]), (401, &json!("the key was revoked")));
}

#[tokio::test]
async fn tickets_are_given_out_where_no_key_is_needed_too() {
    let app = TestApp::start().await;
    let id = finished(&app).await;
    let early = ticket(&app, None).await;
    let other = ticket(&app, None).await;
    let (status, page): (u16, Value) =
        get(&app, &format!("/api/v1/backtests/{id}/events?format=json&ticket={early}"), None).await;
    assert_eq!(status, 200, "{page}");
    key_of(&app, None, "operator", "admin").await;
    let (status, _) =
        get(&app, &format!("/api/v1/backtests/{id}/events?ticket={other}"), None).await;
    assert_eq!(status, 401, "a ticket of nobody is none once there are keys");
}
