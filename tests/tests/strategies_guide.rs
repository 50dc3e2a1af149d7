//! `docs/strategies.md`: each of its requests is sent, in their order, to a real server.

use std::path::Path;

use serde_json::Value;
use tapedeck_tests::TestApp;

const HOST: &str = "http://127.0.0.1:8000";

/// A fenced block: its language and its text.
struct Block {
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("docs/strategies.md")).unwrap();
    let fenced = document.split("```").skip(1).step_by(2);
    let block = |text: &str| {
        let (language, text) = text.split_once('\n').unwrap();
        Block { language: language.to_owned(), text: text.to_owned() }
    };
    fenced.map(block).collect()
}

/// The words of a command, as a shell reads them: `'` quotes, `\` joins lines.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (i, part) in command.replace("\\\n", " ").split('\'').enumerate() {
        if i % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        for (j, word) in part.split_whitespace().enumerate() {
            if j > 0 || part.starts_with(char::is_whitespace) {
                words.push(String::new());
            }
            words.last_mut().unwrap().push_str(word);
        }
        if part.ends_with(char::is_whitespace) {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Sends what a `curl` command would send, and gives the body of a success.
async fn curl(app: &TestApp, command: &str) -> Value {
    let (mut method, mut url, mut headers, mut body) = (None, None, Vec::new(), None);
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{command}");
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => {}
            "-X" => method = words.next(),
            "-H" => headers.extend(words.next()),
            "-d" => body = words.next(),
            other => url = Some(other.strip_prefix(HOST).unwrap().to_owned()),
        }
    }
    let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.to_owned());
    let mut request = app.client.request(method.parse().unwrap(), app.url(&url.unwrap()));
    for (name, value) in headers.iter().map(|header| header.split_once(": ").unwrap()) {
        request = request.header(name, value);
    }
    let response = request.body(body.unwrap_or_default()).send().await.unwrap();
    let (status, body) = (response.status(), response.json().await.unwrap_or_default());
    assert!(status.is_success(), "{status} {body}\n{command}");
    body
}

/// Whether everything that is shown is in the answer, which may have more.
fn shows(answer: &Value, shown: &Value) -> bool {
    match (answer, shown) {
        (Value::Object(answer), Value::Object(shown)) => shown
            .iter()
            .all(|(name, shown)| answer.get(name).is_some_and(|answer| shows(answer, shown))),
        (Value::Array(answer), Value::Array(shown)) => {
            let mut pairs = answer.iter().zip(shown);
            answer.len() == shown.len() && pairs.all(|(answer, shown)| shows(answer, shown))
        }
        (answer, shown) => answer == shown,
    }
}

#[tokio::test]
async fn every_request_of_the_guide_is_answered_as_it_says() {
    let app = TestApp::start().await;
    let (mut answer, mut sent, mut compared) = (None, 0, 0);
    for Block { language, text } in blocks() {
        match (language.as_str(), answer.take()) {
            ("sh", _) => {
                for command in text.split("\ncurl").map(|rest| rest.trim_start_matches("curl")) {
                    answer = Some(curl(&app, &format!("curl{command}")).await);
                    sent += 1;
                }
            }
            ("json", Some(answer)) => {
                let shown = serde_json::from_str(&text).unwrap();
                assert!(shows(&answer, &shown), "{answer}\nis not\n{text}");
                compared += 1;
            }
            ("json", None) => {
                let body = serde_json::json!({"definition": serde_json::from_str::<Value>(&text).unwrap()});
                let url = app.url("/api/v1/strategies/validate");
                let check = app.client.post(url).json(&body).send().await.unwrap();
                let check: Value = check.json().await.unwrap();
                assert_eq!(
                    (&check["valid"], &check["warnings"]),
                    (&true.into(), &Value::Array(vec![]))
                );
            }
            // Commands that need a module at hand; `guest_runs.rs` has them.
            ("text", _) => {}
            (other, _) => panic!("say here what a block of {other} is"),
        }
    }
    assert_eq!((sent, compared), (11, 5));
    let gone = app.get("/api/v1/strategies/rsi-dip").await.status();
    assert_eq!(gone, 404, "the last request removes it");
}

#[test]
fn words_are_read_as_a_shell_reads_them() {
    let command = "curl -s 'a b' \\\n  -H 'x: \"1\"' -d '{\"a\":\n 1}' http://h/p";
    let expected = ["curl", "-s", "a b", "-H", "x: \"1\"", "-d", "{\"a\":\n 1}", "http://h/p"];
    assert_eq!(words(command), expected);
}

#[test]
fn an_answer_shows_what_it_has_and_nothing_else() {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let answer = read(r#"{"a": [{"b": 1, "c": 2}], "d": null}"#);
    for shown in ["{}", r#"{"a": [{"b": 1}]}"#, r#"{"d": null}"#] {
        assert!(shows(&answer, &read(shown)), "{shown}");
    }
    for other in [r#"{"a": []}"#, r#"{"a": [{"b": 2}]}"#, r#"{"e": null}"#, "[]"] {
        assert!(!shows(&answer, &read(other)), "{other}");
    }
}
