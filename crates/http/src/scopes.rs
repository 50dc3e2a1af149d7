//! What each route needs, in one table, which the description of the API has, too.

use actix_web::http::Method;
use tapedeck_domain::access::Scope;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// No key.
    Nothing,
    /// A key of this scope, or one that includes it.
    Key(Scope),
}

/// Paths, whole or with everything under them.
enum Paths {
    Just(&'static str),
    Under(&'static str),
}

use Paths::{Just, Under};

/// One line of the table: these methods of these paths need that.
type Line = (&'static [Method], Paths, Need);

const ANY: &[Method] = &[];
const CHANGE: &[Method] = &[Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
const ADMIN: Need = Need::Key(Scope::Admin);

/// The first line that fits holds. What none fits needs `read` to look and `run` for all else.
const TABLE: &[Line] = &[
    // For probes and people, who have no key.
    (ANY, Just("/healthz"), Need::Nothing),
    (ANY, Under("/api/health"), Need::Nothing),
    (ANY, Just("/api/openapi.json"), Need::Nothing),
    (ANY, Under("/docs"), Need::Nothing),
    (ANY, Under("/redoc"), Need::Nothing),
    (ANY, Under("/problems"), Need::Nothing),
    // Whoever may make keys may do everything.
    (ANY, Under("/api/v1/keys"), ADMIN),
    (ANY, Under("/api/v1/audit"), ADMIN),
    // A ticket gives no more than its owner has, and less.
    (ANY, Just("/api/v1/tickets"), Need::Key(Scope::Read)),
    // Each tool of it says what it needs.
    (&[Method::POST], Just("/api/v1/mcp"), Need::Key(Scope::Read)),
    // What concerns everybody's runs.
    (CHANGE, Under("/api/v1/queue"), ADMIN),
    (CHANGE, Under("/api/v1/flags"), ADMIN),
    (CHANGE, Under("/api/v1/schedules"), ADMIN),
    (CHANGE, Under("/api/v1/logging"), ADMIN),
];

/// What a request of this method to the route of this pattern needs. A path that no route has
/// needs a key, too: without one nobody learns which paths there are.
pub(crate) fn need(method: &Method, pattern: &str) -> Need {
    // Nothing is told by it that the description does not tell.
    if method == Method::OPTIONS {
        return Need::Nothing;
    }
    let fits = |(methods, paths, _): &&Line| {
        (methods.is_empty() || methods.contains(method)) && paths.have(pattern)
    };
    let line = TABLE.iter().find(fits);
    let looks = matches!(*method, Method::GET | Method::HEAD);
    let default = Need::Key(if looks { Scope::Read } else { Scope::Run });
    line.map_or(default, |(_, _, need)| *need)
}

/// Routes that browsers open without headers, where a ticket stands in for a key.
pub(crate) fn takes_ticket(method: &Method, pattern: &str) -> bool {
    let last = pattern.rsplit('/').next().unwrap_or_default();
    method == Method::GET && is_run(pattern) && matches!(last, "ws" | "stream" | "events")
}

fn is_run(pattern: &str) -> bool {
    ["/api/v1/backtests/{id}/", "/backtests/{id}/", "/api/v1/sweeps/{id}/"]
        .iter()
        .any(|start| pattern.starts_with(start))
}

impl Paths {
    fn have(&self, pattern: &str) -> bool {
        match self {
            Just(path) => pattern == *path,
            Under(path) => {
                let rest = pattern.strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_holds() {
        let read = Need::Key(Scope::Read);
        let run = Need::Key(Scope::Run);
        for (method, pattern, expected) in [
            (Method::GET, "/healthz", Need::Nothing),
            (Method::DELETE, "/healthz", Need::Nothing),
            (Method::GET, "/api/health/ready", Need::Nothing),
            (Method::GET, "/api/healthy", read),
            (Method::GET, "/docs/{file:[^/]*}", Need::Nothing),
            (Method::GET, "/metrics", read),
            (Method::GET, "/api/v1/backtests", read),
            (Method::HEAD, "/api/v1/backtests", read),
            (Method::POST, "/api/v1/backtests", run),
            (Method::DELETE, "/backtests/{id}", run),
            (Method::GET, "/api/v1/keys", ADMIN),
            (Method::DELETE, "/api/v1/keys/{id}", ADMIN),
            (Method::GET, "/api/v1/audit/verify", ADMIN),
            (Method::GET, "/api/v1/queue", read),
            (Method::POST, "/api/v1/queue/pause", ADMIN),
            (Method::PUT, "/api/v1/flags/{key}", ADMIN),
            (Method::POST, "/api/v1/tickets", read),
            (Method::OPTIONS, "/api/v1/keys", Need::Nothing),
            (Method::TRACE, "/api/v1/backtests", run),
            (Method::GET, "", read),
        ] {
            assert_eq!(need(&method, pattern), expected, "{method} {pattern}");
        }
    }

    #[test]
    fn tickets_open_sockets_and_streams_and_nothing_else() {
        for (method, pattern, taken) in [
            (Method::GET, "/api/v1/backtests/{id}/ws", true),
            (Method::GET, "/backtests/{id}/stream", true),
            (Method::GET, "/api/v1/sweeps/{id}/events", true),
            (Method::POST, "/api/v1/backtests/{id}/events", false),
            (Method::GET, "/api/v1/backtests/{id}", false),
            (Method::GET, "/events", false),
        ] {
            assert_eq!(takes_ticket(&method, pattern), taken, "{method} {pattern}");
        }
    }
}
