//! Playback over a WebSocket and over server-sent events.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tapedeck::Adapters;
use tapedeck_testkit::FakeClock;
use tapedeck_tests::ws::Viewer;
use tapedeck_tests::{TestApp, crossover};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

async fn finished() -> (TestApp, String) {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap().to_owned();
    (app, id)
}

fn ctrl(fields: &str) -> String {
    format!(r#"{{"t":"ctrl",{fields}}}"#)
}

/// Plays to the end: every frame, then `end`.
async fn play_out(viewer: &mut Viewer) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let message = viewer.next().await.expect("the socket stays open");
        match message["t"].as_str().unwrap() {
            "frame" => frames.push(message),
            "end" => return frames,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_run_is_played_to_its_end_with_every_order_and_fill() {
    let (app, id) = finished().await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    let hello = viewer.next().await.unwrap();
    assert_eq!(hello["t"], "hello");
    assert_eq!(
        (hello["proto"].as_u64(), hello["bars"].as_u64(), hello["playing"].as_bool()),
        (Some(1), Some(3270), Some(false))
    );
    assert_eq!((&hello["status"], &hello["backtest_id"]), (&json!("succeeded"), &json!(id)));

    viewer.send(&ctrl(r#""cmd":"speed","val":20000"#)).await;
    viewer.send(&ctrl(r#""cmd":"play","req":7,"extra":[1]"#)).await;
    assert_eq!(viewer.next_of("ctrl").await["cmd"], "speed");
    let echo = viewer.next_of("ctrl").await;
    let sent = json!({"t":"ctrl","cmd":"play","req":7,"extra":[1],"echo":true});
    assert_eq!(echo, sent, "as it was sent");
    let frames = play_out(&mut viewer).await;
    assert!(frames.windows(2).all(|pair| pair[0]["seq"].as_u64() < pair[1]["seq"].as_u64()));
    assert_eq!(frames.last().unwrap()["i"], 3269);
    let carried = |key: &str| -> Vec<Value> {
        frames.iter().flat_map(|frame| frame[key].as_array().unwrap().clone()).collect()
    };
    let (_, fills) = app.get_json(&format!("/backtests/{id}/fills")).await;
    let (_, orders) = app.get_json(&format!("/backtests/{id}/orders")).await;
    assert_eq!(Value::from(carried("fills")), fills["items"], "folded bars lose no fill");
    assert_eq!(Value::from(carried("orders")), orders["items"]);
    let (_, metrics) = app.get_json(&format!("/backtests/{id}/metrics")).await;
    assert_eq!(frames.last().unwrap()["equity"], metrics["end_equity"]);
    assert_eq!(viewer.next_of("state").await["playing"], false, "paused at the end");

    viewer.send(&ctrl(r#""cmd":"seek","pos":131"#)).await;
    let frame = viewer.next_of("frame").await;
    assert_eq!((&frame["i"], &frame["fills"][0]["price"]), (&json!(131), &json!(61.38)));
    assert_eq!(frame["ohlc"]["o"], 61.38);
    assert_eq!(viewer.next_of("state").await["i"], 131);
}

#[tokio::test]
async fn seeking_works_both_ways_to_a_bar_and_to_a_time() {
    let (app, id) = finished().await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    for (pos, bar) in [
        ("3000", 3000),
        ("5", 5),
        (r#""2013-03-01""#, 3269),
        // A Saturday, between a Friday and a Monday.
        (r#""2000-09-09T00:00:00Z""#, 133),
        ("0", 0),
    ] {
        viewer.send(&ctrl(&format!(r#""cmd":"seek","pos":{pos}"#))).await;
        assert_eq!(viewer.next_of("frame").await["i"], bar, "{pos}");
    }
    for outside in ["3270", r#""1999-01-01""#, r#""2020-01-01""#] {
        viewer.send(&ctrl(&format!(r#""cmd":"seek","pos":{outside},"req":"r""#))).await;
        let fault = viewer.next_of("err").await;
        assert_eq!((&fault["code"], &fault["req"]), (&json!("RANGE"), &json!("r")));
        assert_eq!((&fault["details"]["min"], &fault["details"]["max"]), (&json!(0), &json!(3269)));
    }
    viewer.send(&ctrl(r#""cmd":"step""#)).await;
    assert_eq!(viewer.next_of("frame").await["i"], 1);
}

#[tokio::test]
async fn ten_times_the_speed_covers_ten_times_the_bars() {
    let clock = Arc::new(FakeClock::at("2031-01-01".parse().unwrap()));
    let app = TestApp::over(&[], |real| Adapters { clock: clock.clone(), ..real }).await;
    let done = app.run_backtest(&crossover()).await;
    let url = app.ws_url(done["id"].as_str().unwrap());
    let mut covered = Vec::new();
    for speed in [600.0, 6000.0] {
        let mut viewer = Viewer::connect(&url).await;
        viewer.send(&ctrl(&format!(r#""cmd":"speed","val":{speed}"#))).await;
        viewer.send(&ctrl(r#""cmd":"play""#)).await;
        assert_eq!(viewer.next_of("frame").await["i"], 0);
        clock.advance(Duration::from_secs(1));
        // A message has the server look at its clock, whether it slept already or not.
        viewer.send(r#"{"t":"hb"}"#).await;
        covered.push(viewer.next_of("frame").await["i"].as_u64().unwrap());
    }
    // 252 bars a year: 42 and 420 bars a second, one more or less for weekends and holidays.
    assert!((41..=43).contains(&covered[0]), "{covered:?}");
    assert!(covered[1].abs_diff(10 * covered[0]) <= 10, "{covered:?}");
}

#[tokio::test]
async fn faults_are_said_and_the_socket_stays_open() {
    let (app, id) = finished().await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    for bad in ["nonsense", "[]", r#"{"t":"x"}"#, r#"{"t":"ctrl","cmd":"fly"}"#] {
        viewer.send(bad).await;
        assert_eq!(viewer.next_of("err").await["code"], "VALIDATION", "{bad}");
    }
    for val in ["0", "1e7", "-1", "\"60\"", "null"] {
        viewer.send(&ctrl(&format!(r#""cmd":"speed","val":{val}"#))).await;
        assert_eq!(viewer.next_of("err").await["code"], "VALIDATION", "{val}");
    }
    viewer.send(&ctrl(r#""cmd":"pause""#)).await;
    assert_eq!(viewer.next_of("ctrl").await["echo"], true);
}

#[tokio::test]
async fn a_heartbeat_comes_when_nothing_else_does() {
    let (app, id) = finished().await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    assert_eq!(viewer.next().await.unwrap()["t"], "hello");
    assert_eq!(viewer.next().await.unwrap(), json!({"t": "hb"}));
}

#[tokio::test]
async fn an_unknown_run_is_said_and_closed_with_4404() {
    let app = TestApp::start().await;
    for id in ["0192f0c1-2345-7abc-8def-0123456789ab", "nonsense"] {
        let mut viewer = Viewer::connect(&app.ws_url(id)).await;
        assert_eq!(viewer.next().await.unwrap()["code"], "RUN_NOT_FOUND");
        assert_eq!(viewer.closed().await, Some(4404));
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_not_open_sockets() {
    let (app, id) = finished().await;
    let own = format!("http://{}", app.address);
    for (origin, allowed) in
        [("http://evil.example", false), ("http://localhost:3000", true), (own.as_str(), true)]
    {
        let mut request = app.ws_url(&id).into_client_request().unwrap();
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let opened = tokio_tungstenite::connect_async(request).await;
        assert_eq!(opened.is_ok(), allowed, "{origin}");
    }
}

#[tokio::test]
async fn a_viewer_of_a_waiting_run_is_told_when_it_can_be_played() {
    let app = TestApp::with(&[("TAPEDECK__EXECUTOR__MAX_CONCURRENT", "1")]).await;
    app.generate("long-1m", 1_000_000).await;
    let long = json!({"dataset_id": "long-1m", "strategy_id": "sma_crossover"});
    let (_, first) = app.post_backtest(&long).await;
    let (_, posted) = app.post_backtest(&crossover()).await;
    let mut viewer = Viewer::connect(&app.ws_url(posted["id"].as_str().unwrap())).await;
    let hello = viewer.next().await.unwrap();
    viewer.send(&ctrl(r#""cmd":"play""#)).await;
    assert_eq!(viewer.next_of("ctrl").await["echo"], true);
    if hello["status"] == "queued" {
        loop {
            let message = viewer.next().await.unwrap();
            if message["t"] == "status" && message["status"] == "succeeded" {
                break;
            }
        }
        viewer.send(&ctrl(r#""cmd":"play""#)).await;
    }
    assert_eq!(viewer.next_of("frame").await["i"], 0);
    app.wait_for(first["id"].as_str().unwrap()).await;
}

#[tokio::test]
async fn resume_goes_on_after_the_frame_that_was_seen() {
    let (app, id) = finished().await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    viewer.send(&ctrl(r#""cmd":"seek","pos":100"#)).await;
    let seen = viewer.next_of("frame").await["seq"].as_u64().unwrap();
    let mut other = Viewer::connect(&app.ws_url(&id)).await;
    other.send(&format!(r#"{{"t":"resume","seq":{seen}}}"#)).await;
    assert_eq!(other.next_of("state").await["i"], 100);
    other.send(&ctrl(r#""cmd":"step""#)).await;
    let next = other.next_of("frame").await;
    assert_eq!((&next["i"], &next["seq"]), (&json!(101), &json!(seen + 1)));
    other.send(r#"{"t":"resume","seq":99999}"#).await;
    assert_eq!(other.next_of("err").await["code"], "RANGE");
}

/// The events of a stream: name, id and data of each.
async fn events(response: reqwest::Response) -> Vec<(String, String, String)> {
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut text = String::new();
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    text.split("\n\n")
        .filter(|block| block.starts_with("event"))
        .map(|block| (field(block, "event"), field(block, "id"), field(block, "data")))
        .collect()
}

#[tokio::test]
async fn the_same_frames_come_as_server_sent_events() {
    let (app, id) = finished().await;
    let path = format!("/api/v1/backtests/{id}/stream?speed=50000");
    let all = events(app.get(&path).await).await;
    let (name, _, _) = all.last().unwrap();
    assert_eq!(name, "end");
    let frames = &all[..all.len() - 1];
    assert!(frames.iter().all(|(name, _, _)| name == "frame"));
    let last: Value = serde_json::from_str(&frames.last().unwrap().2).unwrap();
    assert_eq!(last["i"], 3269);
    assert_eq!(last["seq"].to_string(), frames.last().unwrap().1);

    // Slow enough that each bar has a frame of its own.
    let slow = format!("/api/v1/backtests/{id}/stream?speed=300");
    let seen = last["seq"].as_u64().unwrap() - 5;
    let request = app.client.get(app.url(&slow)).header("last-event-id", seen.to_string());
    let rest = events(request.send().await.unwrap()).await;
    let seqs: Vec<u64> =
        rest[..rest.len() - 1].iter().map(|(_, id, _)| id.parse().unwrap()).collect();
    assert_eq!(seqs, (seen + 1..=seen + 5).collect::<Vec<_>>(), "exactly what was missed");

    let from = events(app.get(&format!("{path}&from=2013-02-28")).await).await;
    let first: Value = serde_json::from_str(&from[0].2).unwrap();
    assert_eq!(first["ts"], "2013-02-28T00:00:00Z");
    for (query, status) in [("speed=0", 422), ("from=99999", 400), ("from=x", 422), ("x=1", 422)] {
        let path = format!("/api/v1/backtests/{id}/stream?{query}");
        assert_eq!(app.get(&path).await.status(), status, "{query}");
    }
}

#[tokio::test]
async fn open_streams_do_not_hold_up_a_stop() {
    let (app, id) = finished().await;
    let stream = app.get(&format!("/backtests/{id}/stream?speed=1")).await;
    let mut viewer = Viewer::connect(&app.ws_url(&id)).await;
    viewer.next().await;
    viewer.send(&ctrl(r#""cmd":"seek","pos":100"#)).await;
    let seen = viewer.next_of("frame").await["seq"].clone();
    app.stop();
    let closing = viewer.next_of("status").await;
    let expected = json!({
        "t": "status", "status": "succeeded", "closing": true, "reason": "shutdown", "resume": seen,
    });
    assert_eq!(closing, expected);
    assert_eq!(viewer.closed().await, Some(1001));
    let events = events(stream).await;
    let frames: Vec<_> = events.iter().filter(|(name, _, _)| name == "frame").collect();
    let (name, id, data) = events.last().unwrap();
    assert_eq!((name.as_str(), id.as_str()), ("closing", ""));
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["reason"], "shutdown");
    let last = data["last_event_id"].as_u64().map(|id| id.to_string());
    assert_eq!(last.as_ref(), frames.last().map(|(_, id, _)| id), "where to go on");
}
