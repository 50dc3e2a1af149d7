//! The event log of a job: as a page, and as a stream that is taken up where it broke off.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::api::{Api, is_terminal};
use super::history::Kind;

/// The whole log of a job, in its order; `None` when it cannot be had.
pub async fn whole(api: &Api, kind: Kind, id: &str) -> Option<Vec<Value>> {
    let path = format!("{}/{id}/events?format=json", kind.path());
    let (mut items, mut rest) = (Vec::new(), String::new());
    loop {
        let answer = api.get(&format!("{path}{rest}")).await.filter(|it| it.status == 200)?;
        let mut page = answer.json();
        items.append(page["items"].as_array_mut()?);
        match page["next_cursor"].as_str() {
            Some(cursor) => rest = format!("&cursor={cursor}"),
            None => return Some(items),
        }
    }
}

/// One event as it came over a stream.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Frame {
    id: Option<u64>,
    event: String,
}

/// Takes whole frames off the front of what came so far.
fn frames(text: &mut String) -> Vec<Frame> {
    let mut found = Vec::new();
    while let Some((frame, rest)) = text.split_once("\n\n") {
        let mut parsed = Frame::default();
        for line in frame.lines() {
            match line.split_once(": ") {
                Some(("id", id)) => parsed.id = id.parse().ok(),
                Some(("event", event)) => event.clone_into(&mut parsed.event),
                _ => {}
            }
        }
        found.push(parsed);
        *text = rest.to_owned();
    }
    found
}

/// Streams the log of a job to its end, over as many connections as that takes, and notes
/// whatever is missing or comes twice.
pub async fn follow(api: &Api, kind: Kind, id: &str, patience: Duration) {
    let (deadline, mut last) = (Instant::now() + patience, 0);
    while Instant::now() < deadline {
        let connection = tokio::time::timeout_at(deadline, connection(api, kind, id, &mut last));
        if connection.await == Ok(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One connection, from the entry after `last`; whether the log came to its end.
async fn connection(api: &Api, kind: Kind, id: &str, last: &mut u64) -> bool {
    let path = format!("{}/{id}/events", kind.path());
    let Some(mut request) = api.request(Method::GET, &path) else { return false };
    if *last > 0 {
        request = request.header("last-event-id", last.to_string());
    }
    let Ok(response) = request.send().await else { return false };
    if response.status() != 200 {
        if response.status() != 503 {
            api.history.violation(format!("{path} after {last}: {}", response.status()));
        }
        return false;
    }
    let (mut bytes, mut text) = (response.bytes_stream(), String::new());
    while let Some(Ok(chunk)) = bytes.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk));
        for frame in frames(&mut text) {
            if frame.event == "end" {
                return true;
            }
            take(api, id, &frame, last);
        }
    }
    false
}

fn take(api: &Api, id: &str, frame: &Frame, last: &mut u64) {
    let Some(seq) = frame.id else { return };
    if seq != *last + 1 {
        api.history.violation(format!("the stream of {id} has {seq} after {last}"));
    }
    *last = seq;
    if is_terminal(&frame.event) {
        api.saw(id, &frame.event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_when_it_is_whole() {
        let mut text = "id: 1\nevent: queued\ndata: {}\n\n: still here\n\nid: 2\nev".to_owned();
        let queued = Frame { id: Some(1), event: "queued".to_owned() };
        assert_eq!(frames(&mut text), [queued, Frame::default()]);
        text.push_str("ent: started\n\n");
        let started = Frame { id: Some(2), event: "started".to_owned() };
        assert_eq!((frames(&mut text), text.as_str()), (vec![started], ""));
    }
}
