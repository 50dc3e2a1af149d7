//! The real application on a free port, with a data directory of its own.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails the test")]

pub mod schema;
pub mod ws;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tapedeck_config::{Sources, load};
use tempfile::TempDir;

/// A running application; dropping it stops it and removes its data.
pub struct TestApp {
    /// Where it listens.
    pub address: SocketAddr,
    /// A client for it.
    pub client: reqwest::Client,
    data: TempDir,
}

impl TestApp {
    /// Starts the application on the embedded database with default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts it with further variables of the environment.
    pub async fn with(env: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut all = BTreeMap::from([
            ("BACKEND_PORT".to_owned(), "0".to_owned()),
            ("TAPEDECK_DATA_DIR".to_owned(), data.path().to_str().unwrap().to_owned()),
        ]);
        all.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = load(&Sources { env: all, dir: None }).unwrap();
        let application = tapedeck::build(settings).await.unwrap();
        let address = application.address();
        tokio::spawn(application.run());
        Self { address, client: reqwest::Client::new(), data }
    }

    /// The data directory.
    pub fn data_dir(&self) -> &std::path::Path {
        self.data.path()
    }

    /// An absolute URL for a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// `GET path`, its status and its JSON body.
    pub async fn get_json(&self, path: &str) -> (u16, Value) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }
}
