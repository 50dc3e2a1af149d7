//! By which name the server was called, and by which page.
//!
//! A page whose name an attacker resolves to this machine is, for a browser, on the same site as
//! this server; only the name in `Host` gives it away. And a page of any other site may send
//! requests here, and open sockets: its `Origin` gives that away.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{self, HeaderName};
use actix_web::http::{Method, Version};

use super::HostOptions;
use crate::problem::{Code, Problem};

#[derive(Clone)]
pub(super) struct Hosts {
    only_loopback: bool,
    allowed: Arc<[Name]>,
    origins: Arc<[String]>,
}

/// A host, with its port where one is said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    host: String,
    port: Option<u16>,
}

impl Hosts {
    pub(super) fn new(options: HostOptions) -> Self {
        let allowed = options.allowed.iter().filter_map(|text| Name::parse(text)).collect();
        Self { only_loopback: options.only_loopback, allowed, origins: options.origins }
    }

    /// Whether the server may be called by the name that the request has. Where others than this
    /// machine reach it, probes do not know its name, and health tells them nothing secret.
    pub(super) fn check_host(
        &self,
        req: &ServiceRequest,
        is_health: bool,
    ) -> Result<Option<Named>, Problem> {
        let name = match called(req)? {
            Some(name) => name,
            // Nobody browses with it.
            None if req.version() < Version::HTTP_11 => return Ok(None),
            None => return Err(Problem::new(Code::MalformedRequest, "the request has no host")),
        };
        let listed = self.allowed.iter().any(|allowed| allowed.covers(&name));
        let fits = if self.only_loopback {
            listed || name.is_loopback()
        } else {
            listed || self.allowed.is_empty() || is_health
        };
        // No attacker resolves an address.
        let trusted = listed || name.is_loopback() || name.is_address();
        if fits {
            return Ok(Some(Named { name, trusted }));
        }
        let detail = "this server is not called by this name (server.allowed_hosts)";
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// Whether the page that sends this may: it must be of this server or of an origin that is
    /// allowed. Programs send no `Origin`.
    pub(super) fn check_origin(
        &self,
        req: &ServiceRequest,
        named: Option<&Named>,
    ) -> Result<(), Problem> {
        let Some(origin) = only(req, &header::ORIGIN)? else { return Ok(()) };
        let own = || {
            let named = named.filter(|named| named.trusted)?;
            let (scheme, rest) = origin.split_once("://")?;
            let usual = if scheme == "https" { 443 } else { 80 };
            let page = Name::parse(rest)?;
            let port = |name: &Name| name.port.unwrap_or(usual);
            Some(page.host == named.name.host && port(&page) == port(&named.name))
        };
        if self.origins.iter().any(|allowed| allowed == origin) || own() == Some(true) {
            return Ok(());
        }
        let detail = "pages of this origin may not do that (server.cors_origins)";
        Err(Problem::new(Code::Forbidden, detail))
    }
}

/// The name by which a request called the server.
pub(super) struct Named {
    name: Name,
    /// Whether it cannot be an attacker's.
    trusted: bool,
}

/// Whether a page of another site must not send this.
pub(super) fn is_guarded(req: &ServiceRequest, is_stream: bool) -> bool {
    let safe = matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !safe || is_stream || req.headers().contains_key(header::UPGRADE)
}

/// The authority of the target, where it has one, wins over the header, and both must agree.
fn called(req: &ServiceRequest) -> Result<Option<Name>, Problem> {
    let unreadable = || Problem::new(Code::MalformedRequest, "the host cannot be read");
    let parse = |text: &str| Name::parse(text).ok_or_else(unreadable);
    let header = only(req, &header::HOST)?.map(parse).transpose()?;
    let target = req.uri().authority().map(|authority| parse(authority.as_str())).transpose()?;
    match (target, header) {
        (Some(target), Some(header)) if target != header => Err(unreadable()),
        (target, header) => Ok(target.or(header)),
    }
}

/// The value of a header that comes once.
fn only<'a>(req: &'a ServiceRequest, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = req.headers().get_all(name);
    let (first, second) = (values.next(), values.next());
    let first = first.map(|value| value.to_str());
    match (first, second) {
        (Some(Ok(text)), None) => Ok(Some(text)),
        (None, _) => Ok(None),
        (Some(_), _) => {
            let detail = format!("the header `{name}` cannot be read, or came twice");
            Err(Problem::new(Code::MalformedRequest, detail))
        }
    }
}

impl Name {
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, rest.strip_prefix(':').or(rest.is_empty().then_some(""))?)
            }
            None => text.split_once(':').unwrap_or((text, "")),
        };
        let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
        let usual = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        (!host.is_empty() && host.chars().all(usual)).then_some(Self { host, port })
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.parse::<IpAddr>().ok().map(|address| address.to_canonical())
    }

    fn is_address(&self) -> bool {
        self.address().is_some()
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost"
            || self.host.ends_with(".localhost")
            || self.address().is_some_and(|address| address.is_loopback())
    }

    fn covers(&self, other: &Self) -> bool {
        self.host == other.host && (self.port.is_none() || self.port == other.port)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn hosts(only_loopback: bool, allowed: &[&str]) -> Hosts {
        let origins = Arc::from(["http://localhost:3000".to_owned()]);
        let allowed = allowed.iter().map(|name| (*name).to_owned()).collect();
        Hosts::new(HostOptions { only_loopback, allowed, origins })
    }

    fn host_is_taken(hosts: &Hosts, host: &str, is_health: bool) -> bool {
        let req = TestRequest::get().insert_header(("host", host)).to_srv_request();
        hosts.check_host(&req, is_health).is_ok()
    }

    #[test]
    fn on_loopback_only_names_of_this_machine_are_taken() {
        let local = hosts(true, &["tapedeck.test"]);
        for good in [
            "localhost",
            "LOCALHOST:8000",
            "api.localhost:1",
            "127.0.0.1",
            "127.1.2.3:99",
            "[::1]",
            "[::1]:8000",
            "[::ffff:127.0.0.1]:8000",
            "localhost.",
            "tapedeck.test:8000",
        ] {
            assert!(host_is_taken(&local, good, false), "{good}");
        }
        for bad in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "10.0.0.1",
            "[2001:db8::1]",
            "evillocalhost",
            "",
            "a@localhost",
            "localhost:x",
            "localhost:99999",
            "[::1",
            "127.0.0.1, evil.example",
        ] {
            assert!(!host_is_taken(&local, bad, false), "{bad}");
            assert!(!host_is_taken(&local, bad, true), "{bad}, not even for health");
        }
    }

    #[test]
    fn where_others_reach_it_the_names_that_are_listed_are_taken() {
        let named = hosts(false, &["tapedeck.test", "other.test:8443"]);
        for (host, taken) in [
            ("tapedeck.test", true),
            ("tapedeck.test:1", true),
            ("other.test:8443", true),
            ("other.test", false),
            ("10.0.0.1:8000", false),
            ("localhost", false),
        ] {
            assert_eq!(host_is_taken(&named, host, false), taken, "{host}");
            assert!(host_is_taken(&named, host, true), "{host}: a probe");
        }
        assert!(host_is_taken(&hosts(false, &[]), "any.test", false));
    }

    #[test]
    fn two_hosts_are_none() {
        let local = hosts(true, &[]);
        let twice = TestRequest::get()
            .append_header(("host", "localhost"))
            .append_header(("host", "localhost"))
            .to_srv_request();
        assert!(local.check_host(&twice, false).is_err());
        let target = TestRequest::with_uri("http://evil.example/");
        let target = target.insert_header(("host", "localhost")).to_srv_request();
        assert!(local.check_host(&target, false).is_err(), "nor is that of the target");
        let none = TestRequest::get().to_srv_request();
        assert!(local.check_host(&none, false).is_err());
        let old = TestRequest::get().version(Version::HTTP_10).to_srv_request();
        assert!(local.check_host(&old, false).is_ok());
    }

    #[test]
    fn pages_of_this_server_and_of_allowed_origins_may() {
        for (hosts, host, origin, may) in [
            (hosts(true, &[]), "localhost:8000", "http://localhost:8000", true),
            (hosts(true, &[]), "127.0.0.1:8000", "http://127.0.0.1:8000", true),
            (hosts(true, &[]), "localhost:8000", "http://localhost:3000", true),
            (hosts(true, &[]), "localhost:8000", "http://localhost:8001", false),
            (hosts(true, &[]), "localhost:8000", "http://evil.example", false),
            (hosts(true, &[]), "localhost:8000", "null", false),
            (hosts(true, &[]), "localhost:8000", "", false),
            (hosts(true, &[]), "localhost", "http://localhost", true),
            (hosts(true, &[]), "localhost", "https://localhost", true),
            // A name that an attacker chose is not this server's, even if it leads here.
            (hosts(false, &[]), "evil.example:8000", "http://evil.example:8000", false),
            (hosts(false, &[]), "10.0.0.1:8000", "http://10.0.0.1:8000", true),
            (hosts(false, &["a.test"]), "a.test", "https://a.test:443", true),
            (hosts(false, &["a.test"]), "a.test", "https://a.test", true),
        ] {
            let req = TestRequest::post()
                .insert_header(("host", host))
                .insert_header(("origin", origin))
                .to_srv_request();
            let named = hosts.check_host(&req, false).unwrap();
            let found = hosts.check_origin(&req, named.as_ref()).is_ok();
            assert_eq!(found, may, "{origin} at {host}");
        }
    }
}
