//! The settings of who may call, how, and how often.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::Parser;
use crate::problem::Problem;
use crate::settings::*;

impl Parser {
    pub(super) fn requests(&mut self) -> Option<RequestSettings> {
        let max_url_bytes = self.integer("server.max_url_bytes", 256, 1 << 16);
        let max_headers = self.integer("server.max_headers", 8, 96);
        let max_header_bytes = self.integer("server.max_header_bytes", 1024, 1 << 17);
        let header_timeout = self.millis("server.header_timeout_ms", 100, 600_000);
        let body_timeout = self.millis("server.body_timeout_ms", 100, 3_600_000);
        Some(RequestSettings {
            max_url_bytes: max_url_bytes? as usize,
            max_headers: max_headers? as usize,
            max_header_bytes: max_header_bytes? as usize,
            header_timeout: header_timeout?,
            body_timeout: body_timeout?,
        })
    }

    pub(super) fn connections(&mut self) -> Option<ConnectionSettings> {
        let most = self.integer("server.max_connections", 1, 1_000_000);
        let keep_alive = self.millis("server.keep_alive_ms", 1000, 600_000);
        let sockets = self.integer("server.max_sockets_per_address", 1, 1_000_000);
        Some(ConnectionSettings {
            most: most? as usize,
            keep_alive: keep_alive?,
            sockets_per_address: sockets? as usize,
        })
    }

    /// Both files or none.
    pub(super) fn tls(&mut self) -> Option<Option<TlsSettings>> {
        let file = |text: &str| Some((!text.is_empty()).then(|| PathBuf::from(text)));
        let certificate = self.get("server.tls_cert_file", file);
        let key = self.get("server.tls_key_file", file);
        match (certificate?, key?) {
            (Some(certificate), Some(key)) => Some(Some(TlsSettings { certificate, key })),
            (None, None) => Some(None),
            (Some(_), None) => self.alone("server.tls_key_file", "server.tls_cert_file"),
            (None, Some(_)) => self.alone("server.tls_cert_file", "server.tls_key_file"),
        }
    }

    fn alone<T>(&mut self, missing: &'static str, given: &str) -> Option<T> {
        let name = self.values.get(missing)?.name.clone();
        let expected = format!("a path to a file, since {given} is set");
        self.problems.push(Problem { name, value: String::new(), expected });
        None
    }

    pub(super) fn rate_limit(&mut self) -> Option<RateLimitSettings> {
        let mut quota = |key| {
            let quota = self.unless_zero(key, 1_000_000)?;
            Some(quota.and_then(|quota| u32::try_from(quota).ok()))
        };
        let by_key = quota("rate_limit.key_per_minute");
        let by_address = quota("rate_limit.address_per_minute");
        let failures = quota("rate_limit.failures_per_minute");
        let loopback = self.get("rate_limit.loopback", |text| text.parse().ok());
        Some(RateLimitSettings {
            by_key: by_key?,
            by_address: by_address?,
            failures: failures?,
            loopback: loopback?,
        })
    }

    pub(super) fn client(&mut self) -> Option<ClientSettings> {
        let key = self.get("client.key", |text| {
            let fits = text.bytes().all(|byte| byte.is_ascii_graphic());
            fits.then(|| (!text.is_empty()).then(|| ClientKey(text.into())))
        });
        Some(ClientSettings { key: key? })
    }
}

/// Whether it may be listened on is found out at the start, from what it leads to.
pub(super) fn host(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    (bare.parse::<IpAddr>().is_ok() || is_name(bare)).then(|| bare.to_owned())
}

fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= 253 && text.split('.').all(label)
}

pub(super) fn hosts(text: &str) -> Option<Vec<String>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| is_host(part).then(|| part.to_owned())).collect()
}

/// Networks; an address is a network of its own.
pub(super) fn networks(text: &str) -> Option<Vec<IpNet>> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let network = |part: &str| part.parse().or_else(|_| part.parse().map(|a: IpAddr| a.into()));
    parts.map(|part| network(part).ok()).collect()
}

/// A name or an address (in brackets where it has colons), and perhaps a port.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']').unwrap_or(("", "")),
        None => text.find(':').map_or((text, ""), |at| text.split_at(at)),
    };
    let port_fits =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    port_fits && self::host(host).is_some()
}
