//! The client against real sockets: good, slow, lying and broken-off answers.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::bars::Bars;
use tapedeck_domain::port::{Clock, MarketData as _, MarketDataError};
use tapedeck_domain::time::Timestamp;
use tapedeck_market_data::{ClientOptions, MarketDataClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Real time, without a wall clock.
struct Ticking;

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// What becomes of one connection.
#[derive(Clone)]
enum Act {
    /// These bytes, then the end.
    Say(String),
    /// Nothing, for as long as the client has patience.
    Hang,
    /// A head that promises more than comes.
    BreakOff,
}

fn ok(body: &str) -> Act {
    status("200 OK", body)
}

fn status(status: &str, body: &str) -> Act {
    let length = body.len();
    Act::Say(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    ))
}

struct Service {
    url: String,
    heard: mpsc::UnboundedReceiver<String>,
}

/// One act for each connection; the last one for all that follow.
async fn service(acts: Vec<Act>) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/", listener.local_addr().unwrap());
    let (tell, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for n in 0.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let act = acts[n.min(acts.len() - 1)].clone();
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 8192];
                let read = socket.read(&mut head).await.unwrap_or(0);
                let _ = tell.send(String::from_utf8_lossy(&head[..read]).into_owned());
                match act {
                    Act::Say(text) => drop(socket.write_all(text.as_bytes()).await),
                    Act::Hang => drop(socket.read(&mut head).await),
                    Act::BreakOff => {
                        let text = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"candles\": [";
                        drop(socket.write_all(text.as_bytes()).await);
                    }
                }
            });
        }
    });
    Service { url, heard }
}

impl Service {
    async fn ask(&self) -> Result<Option<Bars>, MarketDataError> {
        let options = ClientOptions {
            timeout: Duration::from_millis(300),
            attempts: 3,
            pause: Duration::from_millis(5),
            max_bytes: 4096,
        };
        let url = self.url.parse().unwrap();
        let client =
            MarketDataClient::new(&url, Some("hunter2"), Arc::new(Ticking), options).unwrap();
        let (symbol, interval) = ("BRK.B".to_owned().try_into().unwrap(), "1d".parse().unwrap());
        client.candles(&symbol, interval, "2024-01-01".parse().unwrap()).await
    }

    fn heard(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.heard.try_recv().ok()).collect()
    }
}

fn candle(day: &str, high: &str) -> String {
    format!(
        r#"{{"time":"{day}T00:00:00Z","open":10,"high":{high},"low":9,"close":10.5,"volume":100}}"#
    )
}

fn page(candles: &[String], next: &str) -> Act {
    ok(&format!(r#"{{"candles":[{}],"next":{next}}}"#, candles.join(",")))
}

#[tokio::test]
async fn all_pages_become_bars() {
    let first = page(&[candle("2024-01-02", "11"), candle("2024-01-03", "12")], "\"more\"");
    let second = page(&[candle("2024-01-04", "13")], "null");
    let mut service = service(vec![first, second]).await;
    let bars = service.ask().await.unwrap().unwrap();
    assert_eq!(bars.view().high, [11.0, 12.0, 13.0]);
    let heard = service.heard();
    assert_eq!(heard.len(), 2);
    let question =
        "GET /v1/candles?symbol=BRK.B&interval=1d&after=2024-01-01T00%3A00%3A00Z&limit=5000";
    assert!(heard[0].starts_with(question), "{}", heard[0]);
    assert!(heard[1].contains("after=2024-01-03T00%3A00%3A00Z"), "{}", heard[1]);
    assert!(heard.iter().all(|head| head.contains("authorization: Bearer hunter2")), "{heard:?}");
}

#[tokio::test]
async fn nothing_new_is_no_bars() {
    let service = service(vec![ok(r#"{"candles":[]}"#)]).await;
    assert_eq!(service.ask().await.unwrap(), None);
}

#[tokio::test]
async fn a_service_that_stumbles_is_asked_again() {
    let good = page(&[candle("2024-01-02", "11")], "null");
    let stumbles = [
        status("503 Service Unavailable", ""),
        status("429 Too Many Requests", ""),
        Act::BreakOff,
        Act::Hang,
    ];
    for stumble in stumbles {
        let mut service = service(vec![stumble, good.clone()]).await;
        assert_eq!(service.ask().await.unwrap().unwrap().len(), 1);
        assert_eq!(service.heard().len(), 2);
    }
}

#[tokio::test]
async fn a_service_that_never_answers_is_unavailable_in_time() {
    for (act, expected) in [
        (status("500 Internal Server Error", ""), "it answers 500 Internal Server Error, 3 times"),
        (Act::BreakOff, "the connection broke off, 3 times"),
        (Act::Hang, "no answer in time, 3 times"),
    ] {
        let mut service = service(vec![act]).await;
        let asked = tokio::time::timeout(Duration::from_secs(60), service.ask()).await;
        let Err(MarketDataError::Unavailable(why)) = asked.unwrap() else {
            panic!("{expected} was not noticed");
        };
        assert_eq!((why.as_str(), service.heard().len()), (expected, 3));
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (_, heard) = mpsc::unbounded_channel();
    let service = Service { url: format!("http://{free}/?key=hunter3"), heard };
    let error = service.ask().await.unwrap_err();
    assert!(matches!(error, MarketDataError::Unavailable(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_final() {
    for code in ["401 Unauthorized", "404 Not Found", "302 Found"] {
        let mut service = service(vec![status(code, "")]).await;
        let error = service.ask().await.unwrap_err();
        assert!(matches!(error, MarketDataError::Refused(_)), "{error}");
        assert_eq!(service.heard().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_lies_is_refused_with_the_place() {
    let endless = format!(r#"{{"candles":[],"padding":"{}"}}"#, "x".repeat(5000));
    let cases = [
        (ok("no json"), "expected"),
        (ok("{}"), "missing field `candles`"),
        (ok(r#"{"candles":[{"time":"2024-01-02T00:00:00Z"}]}"#), "missing field `open`"),
        (ok(&endless), "longer than 4096 bytes"),
        (page(&[candle("2024-01-02", "NaN")], "null"), "expected value"),
        (page(&[candle("2024-01-02", "1e999")], "null"), "number out of range"),
        (page(&[candle("2024-01-02", "\"11\"")], "null"), "invalid type: string"),
        (page(&[candle("2024-01-02", "null")], "null"), "invalid type: null"),
        (page(&[candle("2024-01-02", "8")], "null"), "bar 0: high and low do not enclose"),
        (page(&[candle("2024-01-02", "-8")], "null"), "bar 0: a price is not a finite number"),
        (page(&[candle("soon", "11")], "null"), "candle 0: its time is not RFC 3339"),
        (
            page(&[candle("2024-01-01", "11")], "null"),
            "candle 0: its time 2024-01-01T00:00:00Z is not after",
        ),
        (
            page(&[candle("2024-01-03", "11"), candle("2024-01-02", "11")], "null"),
            "candle 1: its time 2024-01-02T00:00:00Z is not after 2024-01-03T00:00:00Z",
        ),
        (
            page(&[candle("2024-01-03", "11"), candle("2024-01-03", "11")], "null"),
            "candle 1: its time",
        ),
    ];
    for (act, expected) in cases {
        let mut service = service(vec![act]).await;
        let Err(MarketDataError::BadAnswer(why)) = service.ask().await else {
            panic!("{expected} was not noticed");
        };
        assert!(why.contains(expected), "{why} lacks {expected}");
        assert_eq!(service.heard().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_service_that_repeats_itself_for_ever_is_found_out() {
    let service = service(vec![page(&[candle("2024-01-02", "11")], "\"more\"")]).await;
    let Err(MarketDataError::BadAnswer(why)) = service.ask().await else {
        panic!("it was believed");
    };
    assert!(why.contains("is not after"), "{why}");
}
