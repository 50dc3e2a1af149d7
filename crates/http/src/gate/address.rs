use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// The address of the client, as far as it can be believed: the other end of the connection, or,
/// where that is a trusted proxy, the last in `X-Forwarded-For` that is none. What stands before
/// it the client may have made up.
pub(super) fn client(req: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = req.peer_addr()?.ip().to_canonical();
    Some(forwarded(peer, req.headers(), trusted))
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_proxy(&peer) {
        return peer;
    }
    let lines = headers.get_all(X_FORWARDED_FOR).map(|line| line.to_str().unwrap_or("?"));
    let lines: Vec<&str> = lines.collect();
    let mut client = peer;
    for part in lines.into_iter().rev().flat_map(|line| line.rsplit(',')) {
        // Whoever wrote that vouches for nothing before it.
        let Some(address) = address(part.trim()) else { return client };
        client = address;
        if !is_proxy(&client) {
            return client;
        }
    }
    client
}

/// An address, and perhaps a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse().map(|with: SocketAddr| with.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        forwarded(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(of("192.0.2.1", &["198.51.100.7"], &[]), "192.0.2.1");
        assert_eq!(of("192.0.2.1", &["198.51.100.7"], &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(of("10.1.1.1", &["198.51.100.7"], &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(of("::1", &["2001:db8::7"], &["::1/128"]), "2001:db8::7");
    }

    #[test]
    fn what_a_client_puts_before_its_own_address_is_not_looked_at() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(of("10.1.1.1", &["127.0.0.1, 198.51.100.7"], &proxies), "198.51.100.7");
        let two = ["127.0.0.1, 198.51.100.7", "10.2.2.2"];
        assert_eq!(of("10.1.1.1", &two, &proxies), "198.51.100.7");
        assert_eq!(of("10.1.1.1", &["198.51.100.7, junk, 10.2.2.2"], &proxies), "10.2.2.2");
        assert_eq!(of("10.1.1.1", &["junk"], &proxies), "10.1.1.1");
        assert_eq!(of("10.1.1.1", &[], &proxies), "10.1.1.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        let proxies = ["10.0.0.0/8"];
        for text in ["198.51.100.7:4711", "::ffff:198.51.100.7", "[::ffff:198.51.100.7]:80"] {
            assert_eq!(of("10.1.1.1", &[text], &proxies), "198.51.100.7", "{text}");
        }
        assert_eq!(of("10.1.1.1", &["[2001:db8::7]"], &proxies), "2001:db8::7");
    }
}
