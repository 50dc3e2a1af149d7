//! Who may call the API, from where, how often and how slowly.

mod hosts;
mod keys;
mod limits;
mod matrix;
mod methods;
mod program;
#[path = "../process/serving.rs"]
#[expect(dead_code, clippy::disallowed_methods, reason = "shared with the tests of the program")]
mod serving;
#[path = "../../../crates/postgres/tests/support/mod.rs"]
#[expect(dead_code, reason = "shared with the tests of the adapter")]
mod support;
mod tickets;
mod tls;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tapedeck_tests::TestApp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request with a key, or with none.
fn request(app: &TestApp, method: Method, path: &str, key: Option<&str>) -> RequestBuilder {
    let request = app.client.request(method, app.url(path));
    match key {
        Some(key) => request.bearer_auth(key),
        None => request,
    }
}

async fn get(app: &TestApp, path: &str, key: Option<&str>) -> (u16, Value) {
    told(request(app, Method::GET, path, key).send().await.unwrap()).await
}

async fn post(app: &TestApp, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
    told(request(app, Method::POST, path, key).json(body).send().await.unwrap()).await
}

async fn told(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

/// Makes a key over the API, and gives its resource, text included.
async fn made(app: &TestApp, by: Option<&str>, body: &Value) -> Value {
    let (status, key) = post(app, "/api/v1/keys", by, body).await;
    assert_eq!(status, 201, "{key}");
    key
}

/// The text of a new key of this name and scope.
async fn key_of(app: &TestApp, by: Option<&str>, name: &str, scope: &str) -> String {
    let key = made(app, by, &json!({"name": name, "scope": scope})).await;
    key["key"].as_str().unwrap().to_owned()
}

/// Sends text as it is, and reads until the server closes.
async fn raw(app: &TestApp, text: &str) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(std::time::Duration::from_secs(60), read).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
