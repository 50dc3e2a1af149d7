//! Where the server listens, and who may call it there.

use std::net::SocketAddr;

use anyhow::Context as _;
use tapedeck_config::{Problem, Problems, Role, SETTINGS, ServerSettings, Settings};
use tapedeck_http::{ClientLimits, ConnectionLimits, HostOptions, HttpOptions, RateLimits, Tls};

/// An address to listen on.
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    /// Whether nobody but this machine can reach it.
    pub(crate) only_loopback: bool,
}

/// Where these settings lead.
pub(crate) async fn place(server: &ServerSettings) -> anyhow::Result<Place> {
    let (host, port) = (server.host.as_str(), server.port);
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<_> = found.with_context(|| format!("looking up {host}"))?.collect();
    // Another look may find another address, so what is looked at is what is listened on.
    let Some(address) = found.first().copied() else {
        anyhow::bail!("{host} leads to no address");
    };
    let is_loopback = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
    Ok(Place { address, only_loopback: found.iter().all(is_loopback) })
}

/// Without access keys, whoever reaches the port owns the server: so only this machine may,
/// however its address is spelt.
pub(crate) fn permit(place: &Place, server: &ServerSettings, has_keys: bool) -> anyhow::Result<()> {
    if place.only_loopback || has_keys {
        return Ok(());
    }
    let expected = "an address of loopback, such as 127.0.0.1, as long as there is no access key; \
                    make one first: tapedeck keys create NAME --scope admin";
    Err(Problems(vec![problem("server.host", &server.host, expected)]).into())
}

/// What holds there.
pub(crate) fn options(settings: &Settings, place: &Place) -> anyhow::Result<HttpOptions> {
    let server = &settings.server;
    Ok(HttpOptions {
        max_body_bytes: server.max_body_bytes,
        health_only: server.role == Role::Worker,
        hosts: HostOptions {
            only_loopback: place.only_loopback,
            allowed: server.allowed_hosts.clone(),
            origins: server.cors_origins.clone().into(),
        },
        clients: client_limits(settings),
        connections: ConnectionLimits {
            most: server.connections.most,
            header_timeout: server.requests.header_timeout,
            keep_alive: server.connections.keep_alive,
        },
        tls: tls(server)?,
    })
}

fn client_limits(settings: &Settings) -> ClientLimits {
    let (server, rates) = (&settings.server, settings.rate_limit);
    ClientLimits {
        max_url_bytes: server.requests.max_url_bytes,
        max_headers: server.requests.max_headers,
        max_header_bytes: server.requests.max_header_bytes,
        body_timeout: server.requests.body_timeout,
        max_sockets: server.connections.sockets_per_address,
        rates: RateLimits {
            by_key: rates.by_key,
            by_address: rates.by_address,
            failures: rates.failures,
            loopback: rates.loopback,
        },
        proxies: server.trusted_proxies.clone(),
    }
}

fn tls(server: &ServerSettings) -> anyhow::Result<Option<Tls>> {
    let Some(files) = &server.tls else { return Ok(None) };
    let loaded = Tls::load(&files.certificate, &files.key);
    let loaded = loaded.map_err(|error| {
        let value = files.certificate.display().to_string();
        let expected = format!("a certificate and its key, but {error}");
        Problems(vec![problem("server.tls_cert_file", &value, &expected)])
    });
    Ok(Some(loaded?))
}

fn problem(key: &str, value: &str, expected: &str) -> Problem {
    let setting = SETTINGS.iter().find(|setting| setting.key == key);
    let name = setting.map_or_else(|| key.to_owned(), tapedeck_config::Setting::env_name);
    Problem { name, value: value.to_owned(), expected: expected.to_owned() }
}
