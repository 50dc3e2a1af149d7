//! The probe against real sockets.

use tapedeck_domain::port::{HealthProbe as _, ProbeStatus};
use tapedeck_market_data::MarketDataProbe;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that answers one request with `status`.
async fn answering(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 1024]).await;
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
    });
    url
}

async fn status(url: Option<&str>) -> ProbeStatus {
    MarketDataProbe::new(url).unwrap().probe().await.status
}

#[tokio::test]
async fn any_answer_below_500_is_up() {
    for (answer, expected) in [
        ("200 OK", ProbeStatus::Up),
        ("404 Not Found", ProbeStatus::Up),
        ("401 Unauthorized", ProbeStatus::Up),
        ("500 Internal Server Error", ProbeStatus::Down),
        ("503 Service Unavailable", ProbeStatus::Down),
    ] {
        let url = answering(answer).await;
        assert_eq!(status(Some(&url)).await, expected, "{answer}");
    }
}

#[tokio::test]
async fn nothing_there_is_down_and_nothing_configured_is_not() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{free}/?key=hunter2");
    let probe = MarketDataProbe::new(Some(&url)).unwrap().probe().await;
    assert_eq!(probe.status, ProbeStatus::Down);
    assert!(!probe.detail.unwrap().contains("hunter2"));
    assert_eq!(status(None).await, ProbeStatus::NotConfigured);
}
