//! Event logs over HTTP: as they grow, in pages, and from another process.

#[path = "../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use support::TestDatabase;
use tapedeck::Adapters;
use tapedeck_testkit::FakeClock;
use tapedeck_tests::sse::{Event, Events};
use tapedeck_tests::{TestApp, crossover};
use tokio::time::Instant;

async fn post(app: &TestApp, path: &str, body: &Value) -> Value {
    let response = app.client.post(app.url(path)).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.text().await.unwrap());
    response.json().await.unwrap()
}

async fn pause(app: &TestApp) {
    post(app, "/api/v1/queue/pause", &json!({})).await;
}

async fn resume(app: &TestApp) {
    post(app, "/api/v1/queue/resume", &json!({})).await;
}

/// Posts a run that waits, since the queue is paused.
async fn waiting(app: &TestApp) -> String {
    pause(app).await;
    let (status, posted) = app.post_backtest(&crossover()).await;
    assert_eq!(status, 202, "{posted}");
    posted["id"].as_str().unwrap().to_owned()
}

async fn open(app: &TestApp, id: &str, seen: Option<u64>) -> Events {
    let mut request = app.client.get(app.url(&format!("/api/v1/backtests/{id}/events")));
    if let Some(seen) = seen {
        request = request.header("last-event-id", seen.to_string());
    }
    Events::of(request.send().await.unwrap())
}

/// Two processes on one database and one data directory, which is that of the first.
async fn two(database: &TestDatabase) -> [TestApp; 2] {
    let url = database.url();
    let first = TestApp::with(&[("DATABASE_URL", &url)]).await;
    let shared = first.data_dir().to_str().unwrap();
    let second = TestApp::with(&[("DATABASE_URL", &url), ("TAPEDECK_DATA_DIR", shared)]).await;
    [first, second]
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

fn ids(events: &[Event]) -> Vec<u64> {
    events.iter().filter_map(|event| event.id).collect()
}

#[tokio::test]
async fn a_stream_tells_each_entry_as_it_is_written_and_then_the_end() {
    let app = TestApp::start().await;
    let id = waiting(&app).await;
    let mut events = open(&app, &id, None).await;
    let queued = events.next().await.unwrap();
    assert_eq!((queued.name.as_str(), queued.id), ("queued", Some(1)));
    assert_eq!((&queued.data["seq"], &queued.data["event"]), (&json!(1), &json!("queued")));
    assert_eq!(events.retry, Some(1000), "said before the first event");
    resume(&app).await;
    let rest = events.rest().await;
    let last = rest.len() as u64;
    assert_eq!(ids(&rest), (2..=last).collect::<Vec<_>>(), "no gaps");
    assert_eq!(rest[0].data["attempt"], 1);
    let [.., ended, end] = rest.as_slice() else { panic!("{rest:?}") };
    let done = app.wait_for(&id).await;
    assert_eq!((ended.name.as_str(), &ended.data["metrics"]), ("succeeded", &done["metrics"]));
    assert_eq!((end.name.as_str(), end.id), ("end", None));
    assert_eq!(end.data, json!({"last_event_id": last}));
    assert_eq!(done["links"]["events"], format!("/api/v1/backtests/{id}/events"));
}

#[tokio::test]
async fn who_connects_again_gets_exactly_what_was_missed() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let id = done["id"].as_str().unwrap();
    let all = open(&app, id, None).await.rest().await;
    let last = ids(&all).len() as u64;
    for seen in 0..=last {
        let missed: Vec<u64> = (seen + 1..=last).collect();
        let by_header = open(&app, id, Some(seen)).await.rest().await;
        assert_eq!((ids(&by_header), names(&by_header).last()), (missed, Some(&"end")));
        let url = app.url(&format!("/backtests/{id}/events?last_event_id={seen}"));
        let by_query = Events::of(app.client.get(&url).send().await.unwrap()).rest().await;
        assert_eq!(by_query, by_header);
        let both = app.client.get(&url).header("last-event-id", "0").send().await.unwrap();
        assert_eq!(Events::of(both).rest().await, all, "the header goes before");
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_a_problem() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let at = format!("/api/v1/backtests/{}/events", done["id"].as_str().unwrap());
    for (query, status, code) in [
        ("last_event_id=first", 422, "validation_error"),
        ("last_event_id=-1", 422, "validation_error"),
        ("last_event_id=", 422, "validation_error"),
        ("last_event_id=1000", 400, "out_of_range"),
        ("last_event_id=99999999999999999999999", 400, "out_of_range"),
        ("format=xml", 422, "validation_error"),
        ("format=json&wait=61", 422, "validation_error"),
        ("format=json&limit=501", 422, "validation_error"),
        ("format=json&cursor=zz", 400, "out_of_range"),
        ("since=1", 422, "validation_error"),
    ] {
        let (found, problem) = app.get_json(&format!("{at}?{query}")).await;
        assert_eq!((found, &problem["code"]), (status, &json!(code)), "{query}");
    }
    let request = app.client.get(app.url(&at)).header("last-event-id", "x");
    let problem: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(problem["errors"][0]["pointer"], "header:Last-Event-ID");
    let none = "0192f0c1-2345-7abc-8def-0123456789ab";
    for (path, code) in [
        (format!("/api/v1/backtests/{none}/events"), "backtest_not_found"),
        ("/api/v1/backtests/x/events".to_owned(), "backtest_not_found"),
        (format!("/api/v1/sweeps/{none}/events"), "not_found"),
        (at.replace("backtests", "sweeps"), "not_found"),
    ] {
        let (status, problem) = app.get_json(&path).await;
        assert_eq!((status, &problem["code"]), (404, &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn the_log_is_read_in_pages_by_who_asks_for_json() {
    let app = TestApp::start().await;
    let done = app.run_backtest(&crossover()).await;
    let at = format!("/api/v1/backtests/{}/events", done["id"].as_str().unwrap());
    let request = app.client.get(app.url(&at)).header("accept", "application/json");
    let all: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(all["next_cursor"], Value::Null);
    let streamed = open(&app, done["id"].as_str().unwrap(), None).await.rest().await;
    let told: Vec<_> =
        streamed.iter().filter(|event| event.id.is_some()).map(|e| &e.data).collect();
    assert_eq!(all["items"].as_array().unwrap().iter().collect::<Vec<_>>(), told);
    let (mut path, mut paged) = (format!("{at}?format=json&limit=1"), Vec::new());
    loop {
        let (status, page) = app.get_json(&path).await;
        assert_eq!(status, 200, "{page}");
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{at}?format=json&limit=1&cursor={cursor}");
    }
    assert_eq!(&Value::from(paged), &all["items"]);
}

#[tokio::test]
async fn who_waits_for_a_page_is_answered_when_there_is_something_on_it() {
    let app = TestApp::start().await;
    let id = waiting(&app).await;
    let at = |seen: u64, wait: u64| {
        format!("/api/v1/backtests/{id}/events?format=json&last_event_id={seen}&wait={wait}")
    };
    let start = Instant::now();
    let (_, nothing) = app.get_json(&at(1, 1)).await;
    assert_eq!(nothing, json!({"items": [], "next_cursor": null}));
    assert!(start.elapsed() >= Duration::from_secs(1));
    let path = at(1, 30);
    let (page, ()) = tokio::join!(app.get_json(&path), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        resume(&app).await;
    });
    assert_eq!(page.1["items"][0]["event"], "started", "{page:?}");
    let done = app.wait_for(&id).await;
    assert_eq!(done["status"], "succeeded");
    let (_, all) = app.get_json(&at(0, 0)).await;
    let last = all["items"].as_array().unwrap().len() as u64;
    let start = Instant::now();
    let (_, page) = app.get_json(&at(last, 30)).await;
    assert_eq!(page["items"], json!([]));
    assert!(start.elapsed() < Duration::from_secs(15), "nothing follows the last entry");
}

#[tokio::test]
async fn a_sweep_has_a_log_too() {
    let app = TestApp::start().await;
    let body = json!({
        "backtest": {
            "dataset_id": "aapl-1d", "strategy_id": "sma_crossover",
            "priority": "batch", "not_before": "2026-01-01",
        },
        "parameters": {"fast": {"values": [5, 6, 7]}},
    });
    let posted = post(&app, "/api/v1/sweeps", &body).await;
    assert_eq!(posted["not_before"], "2026-01-01T00:00:00Z");
    assert_eq!(posted["priority"], "batch");
    let path = posted["links"]["events"].as_str().unwrap();
    let events = Events::of(app.get(path).await).rest().await;
    let names = names(&events);
    assert_eq!((names[0], names[1]), ("queued", "started"));
    assert_eq!(names[names.len() - 2..], ["succeeded", "end"]);
    for event in events.iter().filter(|event| event.name == "progress") {
        assert_eq!(event.data["combinations_total"], 3, "{event:?}");
    }
}

#[tokio::test]
async fn a_cancellation_says_who_asked_and_by_which_request() {
    let app = TestApp::start().await;
    let id = waiting(&app).await;
    let url = app.url(&format!("/api/v1/backtests/{id}/cancel"));
    let request = app.client.post(url).header("x-request-id", "cancel-1");
    let cancelled: Value = request.send().await.unwrap().json().await.unwrap();
    let wish = &cancelled["cancellation"];
    assert_eq!((&wish["by"], &wish["request_id"]), (&json!("anonymous"), &json!("cancel-1")));
    assert_eq!(wish["at"], cancelled["finished_at"]);
    let events = open(&app, &id, None).await.rest().await;
    assert_eq!(names(&events), ["queued", "cancelled", "end"]);
}

#[tokio::test]
async fn a_comment_keeps_a_silent_stream_open() {
    let clock = Arc::new(FakeClock::at("2031-01-01".parse().unwrap()));
    let app = TestApp::over(&[], |real| Adapters { clock: clock.clone(), ..real }).await;
    let id = waiting(&app).await;
    let mut events = open(&app, &id, None).await;
    assert_eq!(events.next().await.unwrap().name, "queued");
    // The stream sleeps until its comment is due, and so do others.
    tokio::time::sleep(Duration::from_millis(300)).await;
    clock.advance(Duration::from_secs(15));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let url = app.url(&format!("/api/v1/backtests/{id}/cancel"));
    app.client.post(url).send().await.unwrap();
    assert_eq!(events.next().await.unwrap().name, "cancelled");
    assert_eq!(events.comments, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_in_another_process_where_it_broke_off() {
    let database = TestDatabase::empty().await;
    let [there, here] = two(&database).await;
    let id = waiting(&there).await;
    let mut broken = open(&there, &id, None).await;
    let mut whole = open(&here, &id, None).await;
    assert_eq!(broken.next().await.unwrap().id, Some(1));
    assert_eq!(whole.next().await.unwrap().id, Some(1), "the log is that of the database");
    there.stop();
    let closing = broken.next().await.unwrap();
    assert_eq!(closing.name, "closing");
    assert_eq!(closing.data, json!({"reason": "shutdown", "last_event_id": 1}));
    assert_eq!(broken.next().await, None);
    let seen = closing.data["last_event_id"].as_u64();
    let again = open(&here, &id, seen).await;
    resume(&here).await;
    let missed = again.rest().await;
    assert_eq!(names(&missed)[missed.len() - 2..], ["succeeded", "end"], "{missed:?}");
    assert_eq!(ids(&missed), (2..missed.len() as u64 + 1).collect::<Vec<_>>());
    assert_eq!(whole.rest().await, missed, "each process tells the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_does_is_told_within_moments() {
    let database = TestDatabase::empty().await;
    let processes = two(&database).await;
    let id = waiting(&processes[0]).await;
    let mut streams = [open(&processes[0], &id, None).await, open(&processes[1], &id, None).await];
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().name, "queued");
    }
    let url = processes[1].url(&format!("/api/v1/backtests/{id}/cancel"));
    let start = Instant::now();
    assert_eq!(processes[1].client.post(url).send().await.unwrap().status(), 200);
    for stream in streams {
        assert_eq!(names(&stream.rest().await), ["cancelled", "end"]);
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_stream_of_a_run_that_waits_does_not_hold_up_a_stop() {
    let app = TestApp::start().await;
    let id = waiting(&app).await;
    let events = open(&app, &id, None).await;
    let url = app.url(&format!("/api/v1/backtests/{id}?wait=60"));
    let request = app.client.get(url);
    let waiting = tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    app.stop();
    assert_eq!(names(&events.rest().await), ["queued", "closing"]);
    assert_eq!(waiting.await.unwrap().unwrap()["status"], "queued", "as it is");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}
