//! Serving the API, and asking it.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

/// Where and how the API is served.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address to listen on: an IP address or a name that leads to one.
    pub host: String,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Origins that may call from a browser.
    pub cors_origins: Vec<String>,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// What this process does.
    pub role: Role,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// Names by which clients may call the server.
    pub allowed_hosts: Vec<String>,
    /// Proxies that are believed when they say who the client is.
    pub trusted_proxies: Vec<IpNet>,
    /// How large requests may be, and how slow.
    pub requests: RequestSettings,
    /// How many connections there may be, and how idle.
    pub connections: ConnectionSettings,
    /// The files of certificate and key, if connections are encrypted.
    pub tls: Option<TlsSettings>,
}

/// How large requests may be, and how slow.
#[derive(Debug, Clone, Copy)]
pub struct RequestSettings {
    /// Longest path and query, in bytes.
    pub max_url_bytes: usize,
    /// Most headers.
    pub max_headers: usize,
    /// All headers together, in bytes.
    pub max_header_bytes: usize,
    /// How long the headers may take to arrive.
    pub header_timeout: Duration,
    /// How long the body may take to arrive.
    pub body_timeout: Duration,
}

/// How many connections there may be, and how idle.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// How many at the same time.
    pub most: usize,
    /// How long one is kept between two requests.
    pub keep_alive: Duration,
    /// Sockets and event streams of one address.
    pub sockets_per_address: usize,
}

/// The files of certificate and key.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// How often clients may ask, in a minute.
#[derive(Debug, Clone, Copy)]
pub struct RateLimitSettings {
    /// With one key.
    pub by_key: Option<u32>,
    /// From one address.
    pub by_address: Option<u32>,
    /// In vain, from one address.
    pub failures: Option<u32>,
    /// Whether that goes for clients of this machine, too.
    pub loopback: bool,
}

/// What commands that talk to a server need.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Their access key, if they have one.
    pub key: Option<ClientKey>,
}

/// The access key of a command, out of sight.
#[derive(Debug, Clone)]
pub struct ClientKey(pub(crate) SecretString);

impl ClientKey {
    /// The key: for the request alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Both.
    All,
    /// Answers requests.
    Api,
    /// Runs backtests.
    Worker,
}

impl Role {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Worker => "worker",
        }
    }
}

impl ServerSettings {
    /// Host and port together, as they stand in an address of the web.
    pub fn address(&self) -> String {
        let (host, port) = (&self.host, self.port);
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}
