//! What commands have in common that talk to a server.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::ClientBuilder;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tapedeck_config::{ClientKey, ServerSettings};

/// The server that these settings describe. One that listens everywhere is asked on loopback.
pub(super) fn own_url(server: &ServerSettings) -> String {
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    let host = match server.host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) if address.is_unspecified() => "127.0.0.1".to_owned(),
        Ok(IpAddr::V6(address)) if address.is_unspecified() => "::1".to_owned(),
        Ok(_) | Err(_) => server.host.clone(),
    };
    let server = ServerSettings { host, ..server.clone() };
    format!("{scheme}://{}", server.address())
}

/// A client that says who it is, where there is a key.
pub(super) fn of(key: Option<&ClientKey>, patience: Duration) -> anyhow::Result<ClientBuilder> {
    tapedeck_market_data::install_tls();
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
        let mut value = value.ok().context("the access key cannot be sent")?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    // A key goes nowhere but where it was sent.
    let redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().timeout(patience).no_proxy();
    Ok(client.default_headers(headers).redirect(redirects))
}
