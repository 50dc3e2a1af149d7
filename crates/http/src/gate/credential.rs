//! What a client sent to say who it is.

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::header;
use tapedeck_application::{AccessError, Caller, Credential};
use tapedeck_domain::access::Scope;

use crate::problem::{Code, Problem};
use crate::services::Services;

/// The parameter that carries a ticket.
const TICKET: &str = "ticket";
/// Parameters in which others take keys. Here they are never looked at: addresses are written
/// down in too many places.
const NO_PLACE: [&str; 5] = ["key", "token", "api_key", "access_token", "apikey"];

/// The key of `Authorization: Bearer`, else, where one may be used, the ticket of the address.
pub(super) fn credential(req: &ServiceRequest, takes_ticket: bool) -> Result<Credential, Problem> {
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    if let Some(value) = values.next() {
        let key = value.to_str().ok().and_then(bearer).filter(|_| values.next().is_none());
        return key.map(|key| Credential::Key(key.to_owned())).ok_or_else(|| {
            Problem::new(Code::Unauthorized, "`Authorization` must be `Bearer` and a key, once")
        });
    }
    let ticket = takes_ticket.then(|| parameter(req.query_string(), TICKET)).flatten();
    Ok(ticket.map_or(Credential::None, |ticket| Credential::Ticket(ticket.to_owned())))
}

/// The scheme may be written in any case (RFC 9110).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Takes the ticket out of the address, so that nothing behind this ever sees it.
pub(super) fn forget_ticket(req: &mut ServiceRequest) {
    if parameter(req.query_string(), TICKET).is_none() {
        return;
    }
    let is_other = |pair: &&str| !pair.starts_with("ticket=");
    let rest: Vec<&str> = req.query_string().split('&').filter(is_other).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    if let Ok(uri) = format!("{}{query}", req.uri().path()).parse::<Uri>() {
        req.head_mut().uri = uri;
    }
}

/// Who sent it. Only a key that is not known here and a ticket make it wait for the store.
pub(super) async fn caller(
    services: &Services,
    credential: Credential,
) -> Result<Caller, AccessError> {
    if let Some(known) = services.access.known_caller(&credential) {
        return known;
    }
    let access = services.access.clone();
    let asked = services.read(async move { Ok::<_, Problem>(access.caller(credential).await) });
    // Late is as good as never.
    asked.await.unwrap_or_else(|_| Err(AccessError::Storage(late())))
}

fn late() -> tapedeck_domain::port::StorageError {
    tapedeck_domain::port::StorageError::unavailable("no answer in time")
}

/// What is wrong with what was sent.
pub(super) fn refusal(error: AccessError, query: &str) -> Problem {
    let detail = match error {
        AccessError::Missing if NO_PLACE.iter().any(|name| parameter(query, name).is_some()) => {
            "a key is never taken from an address: send it as `Authorization: Bearer KEY`, and \
             replace this one, since addresses are written to logs"
        }
        AccessError::Missing => "a key is needed: `Authorization: Bearer KEY`",
        AccessError::Unknown => "this is no key of this server",
        AccessError::Expired => "the key has expired",
        AccessError::Revoked => "the key was revoked",
        AccessError::Ticket => "the ticket was used, has expired, or never was",
        AccessError::Storage(_) => {
            return Problem::new(Code::Unavailable, "the access keys cannot be read");
        }
    };
    Problem::new(Code::Unauthorized, detail)
}

/// Names what is missing.
pub(super) fn forbidden(needed: Scope) -> Problem {
    Problem::new(Code::Forbidden, format!("the key lacks the scope `{needed}`"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key_of(values: &[&str]) -> Option<String> {
        let add = |req: TestRequest, value: &&str| req.append_header(("authorization", *value));
        let req = values.iter().fold(TestRequest::get(), add).to_srv_request();
        match credential(&req, false) {
            Ok(Credential::Key(key)) => Some(key),
            Ok(Credential::None | Credential::Ticket(_)) | Err(_) => None,
        }
    }

    #[test]
    fn a_key_is_what_comes_after_bearer() {
        for value in ["Bearer k", "bearer k", "BEARER   k ", " Bearer k"] {
            assert_eq!(key_of(&[value]).as_deref(), Some("k"), "{value:?}");
        }
        for values in
            [&["k"][..], &["Basic k"], &["Bearerk"], &["Bearer"], &["Bearer k", "Bearer k"]]
        {
            assert_eq!(key_of(values), None, "{values:?}");
        }
    }

    #[test]
    fn a_ticket_is_taken_out_of_the_address() {
        for (uri, ticket, left) in [
            ("/a?ticket=x", Some("x"), "/a"),
            ("/a?b=1&ticket=x&c=2", Some("x"), "/a?b=1&c=2"),
            ("/a?ticket=", Some(""), "/a"),
            ("/a?tickets=x", None, "/a?tickets=x"),
            ("/a", None, "/a"),
        ] {
            let mut req = TestRequest::with_uri(uri).to_srv_request();
            let found = match credential(&req, true).unwrap() {
                Credential::Ticket(ticket) => Some(ticket),
                Credential::None | Credential::Key(_) => None,
            };
            assert_eq!(found.as_deref(), ticket, "{uri}");
            forget_ticket(&mut req);
            assert_eq!(req.uri().to_string(), left);
        }
    }
}
