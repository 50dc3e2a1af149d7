//! The whole URL space, in one table.

use actix_web::web::{self, ServiceConfig, get};
use actix_web::{HttpResponse, Resource};

use crate::problem::{Code, Problem};
use crate::{health, playback};

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.service(resource("/healthz", "GET").route(get().to(health::live)));
    cfg.service(resource("/api/health/live", "GET").route(get().to(health::live)));
    for prefix in ["/api/v1", ""] {
        cfg.service(web::scope(&format!("{prefix}/backtests")).configure(backtests));
    }
    cfg.default_service(web::to(no_such_path));
}

fn backtests(cfg: &mut ServiceConfig) {
    cfg.service(resource("/{id}/ws", "GET").route(get().to(playback::socket)));
}

async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound, "no such path"))
}

/// A path with its methods; any other method is answered 405 with `allow`, where actix alone
/// would say 404.
fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        Err::<HttpResponse, _>(Problem::wrong_method(allow))
    }))
}
