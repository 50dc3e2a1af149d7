//! The collector, as it is reached.

use std::fmt::Display;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, redirect};
use serde_json::Value;

/// How long a batch may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A collector of OTLP over HTTP.
pub struct Collector {
    client: Client,
    base: String,
    headers: HeaderMap,
}

impl Collector {
    /// At `base`, such as `http://127.0.0.1:4318`. The cryptography of TLS must have been chosen.
    ///
    /// # Errors
    /// A header, or the system's certificates, cannot be used; never with the value.
    pub fn new<'a>(
        base: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            let known = HeaderName::try_from(name).map_err(|_| unusable(name))?;
            let mut value = HeaderValue::try_from(value).map_err(|_| unusable(name))?;
            value.set_sensitive(true);
            all.insert(known, value);
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), headers: all })
    }

    /// Sends one message to `/v1/SIGNAL`; what is wrong otherwise, in a sentence without secrets.
    pub(super) async fn send(&self, signal: &str, message: &Value) -> Result<(), String> {
        let url = format!("{}/v1/{signal}", self.base);
        let request = self.client.post(url).headers(self.headers.clone());
        let request = request.header(CONTENT_TYPE, "application/json").body(message.to_string());
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("it answers {}", response.status().as_u16())),
            // Without the URL, which may hold a key.
            Err(error) => Err(chain(&error.without_url())),
        }
    }
}

fn unusable(name: &str) -> String {
    format!("the header `{name}` cannot be used")
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&(cause as &dyn Display).to_string());
        source = cause.source();
    }
    text
}
