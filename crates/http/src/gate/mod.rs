//! What every request passes before it reaches a route: its size, where it comes from, how often
//! it comes, and who sends it.

mod address;
mod admit;
mod body;
mod credential;
mod host;
mod rates;
mod seats;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use admit::admit;
pub(crate) use body::too_slow;
pub(crate) use seats::Seat;

use actix_web::HttpRequest;
use host::Hosts;
use ipnet::IpNet;
use rates::Rates;
use seats::Seats;

/// What holds for clients.
#[derive(Debug, Clone)]
pub struct ClientLimits {
    /// Longest path and query, in bytes.
    pub max_url_bytes: usize,
    /// Most headers.
    pub max_headers: usize,
    /// All headers together, in bytes.
    pub max_header_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Sockets and streams that one address may have open.
    pub max_sockets: usize,
    /// How often clients may ask.
    pub rates: RateLimits,
    /// Proxies that are believed when they say who the client is.
    pub proxies: Vec<IpNet>,
}

/// How often clients may ask, in a minute; `None` means as often as they like.
#[derive(Debug, Clone, Copy, Default)]
pub struct RateLimits {
    /// With one key.
    pub by_key: Option<u32>,
    /// From one address.
    pub by_address: Option<u32>,
    /// In vain, for want of a valid key, from one address.
    pub failures: Option<u32>,
    /// Whether that goes for clients of this machine, too.
    pub loopback: bool,
}

/// By which names this server may be called.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// Whether nobody but this machine can reach it.
    pub only_loopback: bool,
    /// Names, with or without a port.
    pub allowed: Vec<String>,
    /// Web origins that may call the API and open sockets.
    pub origins: Arc<[String]>,
}

/// One for all threads of a server.
#[derive(Clone)]
pub(crate) struct Gate {
    limits: ClientLimits,
    hosts: Hosts,
    rates: Arc<Rates>,
    seats: Arc<Seats>,
}

impl Gate {
    pub(crate) fn new(limits: ClientLimits, hosts: HostOptions) -> Self {
        let rates = Arc::new(Rates::new(limits.rates));
        let seats = Arc::new(Seats::new(limits.max_sockets));
        Self { limits, hosts: Hosts::new(hosts), rates, seats }
    }

    /// The address of the client.
    pub(crate) fn client(&self, req: &HttpRequest) -> Option<IpAddr> {
        address::client(req, &self.limits.proxies)
    }

    /// A place for one more socket or stream of this address, kept while it is open; `None` when
    /// it has too many.
    pub(crate) fn seat(&self, address: Option<IpAddr>) -> Option<Seat> {
        seats::take(&self.seats, address)
    }
}
