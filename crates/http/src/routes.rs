//! The whole URL space, in one table.

use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, post, put};
use actix_web::{HttpResponse, Resource};

use crate::problem::{Code, Problem};
use crate::{
    assistants, audit, backtests, datasets, definitions, documents, events, flags, health, keys,
    logging, metrics, playback, queue, schedules, strategies, sweeps, system, tickets,
};

pub(crate) fn configure(cfg: &mut ServiceConfig) {
    cfg.configure(health);
    // Older clients call the routes of backtests without a prefix.
    for prefix in ["/api/v1/backtests", "/backtests"] {
        cfg.service(web::scope(prefix).configure(backtests));
    }
    cfg.service(web::scope("/api/v1/datasets").configure(datasets));
    cfg.service(web::scope("/api/v1/strategies").configure(strategies));
    cfg.service(web::scope("/api/v1/sweeps").configure(sweeps));
    cfg.service(web::scope("/api/v1/queue").configure(queue));
    cfg.service(web::scope("/api/v1/keys").configure(keys));
    cfg.service(resource("/api/v1/tickets", "POST").route(post().to(tickets::create)));
    cfg.service(web::scope("/api/v1/schedules").configure(schedules));
    cfg.service(web::scope("/api/v1/flags").configure(flags));
    cfg.service(
        resource("/api/v1/logging", "DELETE, GET, PUT")
            .route(get().to(logging::look))
            .route(put().to(logging::set))
            .route(delete().to(logging::clear)),
    );
    cfg.service(resource("/api/v1/audit", "GET").route(get().to(audit::list)));
    cfg.service(resource("/api/v1/audit/verify", "GET").route(get().to(audit::verify)));
    cfg.service(resource("/api/v1/system", "GET").route(get().to(system::look)));
    let rules_schema = get().to(strategies::rules_schema);
    cfg.service(resource("/api/v1/rules-schema", "GET").route(rules_schema));
    cfg.service(resource("/api/v1/metric-definitions", "GET").route(get().to(definitions::list)));
    cfg.configure(assistants);
    cfg.configure(documents);
}

fn assistants(cfg: &mut ServiceConfig) {
    let mcp = resource("/api/v1/mcp", "POST").route(post().to(assistants::post));
    cfg.service(mcp.wrap(from_fn(assistants::switched_on)));
}

/// What a process answers that serves no clients, and every other, too.
pub(crate) fn health(cfg: &mut ServiceConfig) {
    cfg.service(resource("/healthz", "GET").route(get().to(health::live)));
    cfg.service(resource("/api/health/live", "GET").route(get().to(health::live)));
    cfg.service(resource("/api/health", "GET").route(get().to(health::health)));
    cfg.service(resource("/api/health/ready", "GET").route(get().to(health::ready)));
    cfg.service(resource("/metrics", "GET").route(get().to(metrics::text)));
    cfg.default_service(web::to(no_such_path));
}

/// What describes the API; each page with its files, which are under it.
fn documents(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api/openapi.json", "GET").route(get().to(documents::openapi)));
    cfg.service(resource("/docs", "GET").route(get().to(documents::swagger)));
    cfg.service(resource("/docs/{file:[^/]*}", "GET").route(get().to(documents::swagger_file)));
    cfg.service(resource("/redoc", "GET").route(get().to(documents::redoc)));
    cfg.service(resource("/redoc/{file:[^/]*}", "GET").route(get().to(documents::redoc_file)));
    cfg.service(resource("/problems", "GET").route(get().to(documents::problems)));
    cfg.service(resource("/problems/{code:[^/]*}", "GET").route(get().to(documents::problem)));
}

fn backtests(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("", "GET, POST")
            .route(get().to(backtests::list))
            .route(post().to(backtests::create)),
    );
    cfg.service(
        resource("/{id}", "DELETE, GET")
            .route(get().to(backtests::get))
            .route(delete().to(backtests::remove)),
    );
    cfg.service(resource("/{id}/cancel", "POST").route(post().to(backtests::cancel)));
    cfg.service(resource("/{id}/events", "GET").route(get().to(events::of_backtest)));
    cfg.service(resource("/{id}/metrics", "GET").route(get().to(backtests::metrics)));
    cfg.service(resource("/{id}/trades", "GET").route(get().to(backtests::trades)));
    cfg.service(resource("/{id}/orders", "GET").route(get().to(backtests::orders)));
    cfg.service(resource("/{id}/fills", "GET").route(get().to(backtests::fills)));
    cfg.service(resource("/{id}/equity", "GET").route(get().to(backtests::equity)));
    cfg.service(resource("/{id}/logs", "GET").route(get().to(backtests::logs)));
    cfg.service(resource("/{id}/manifest", "GET").route(get().to(backtests::manifest)));
    cfg.service(resource("/{id}/report", "GET").route(get().to(backtests::report)));
    cfg.service(resource("/{id}/state", "GET").route(get().to(backtests::state)));
    cfg.service(resource("/{id}/rerun", "POST").route(post().to(backtests::rerun)));
    cfg.service(resource("/{id}/verify", "POST").route(post().to(backtests::verify)));
    cfg.service(resource("/{a}/diff/{b}", "GET").route(get().to(backtests::diff)));
    cfg.service(resource("/{id}/ws", "GET").route(get().to(playback::socket)));
    cfg.service(resource("/{id}/stream", "GET").route(get().to(playback::stream)));
}

fn datasets(cfg: &mut ServiceConfig) {
    cfg.service(resource("", "GET").route(get().to(datasets::list)));
    cfg.service(resource("/{id}", "GET").route(get().to(datasets::get)));
    cfg.service(resource("/{id}/bars", "GET").route(get().to(datasets::bars)));
}

fn strategies(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("", "GET, POST")
            .route(get().to(strategies::list))
            .route(post().to(strategies::create)),
    );
    cfg.service(resource("/validate", "POST").route(post().to(strategies::validate)));
    cfg.service(
        resource("/{id}", "DELETE, GET, PUT")
            .route(get().to(strategies::get))
            .route(put().to(strategies::update))
            .route(delete().to(strategies::remove)),
    );
    cfg.service(resource("/{id}/versions", "GET").route(get().to(strategies::versions)));
    cfg.service(resource("/{id}/schema", "GET").route(get().to(strategies::schema)));
    cfg.service(resource("/{id}/module", "GET").route(get().to(strategies::module)));
}

fn sweeps(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("", "GET, POST").route(get().to(sweeps::list)).route(post().to(sweeps::create)),
    );
    cfg.service(
        resource("/{id}", "DELETE, GET")
            .route(get().to(sweeps::get))
            .route(delete().to(sweeps::remove)),
    );
    cfg.service(resource("/{id}/cancel", "POST").route(post().to(sweeps::cancel)));
    cfg.service(resource("/{id}/events", "GET").route(get().to(events::of_sweep)));
    cfg.service(resource("/{id}/results", "GET").route(get().to(sweeps::results)));
    cfg.service(resource("/{id}/heatmap", "GET").route(get().to(sweeps::heatmap)));
}

fn queue(cfg: &mut ServiceConfig) {
    cfg.service(resource("", "GET").route(get().to(queue::look)));
    cfg.service(resource("/pause", "POST").route(post().to(queue::pause)));
    cfg.service(resource("/resume", "POST").route(post().to(queue::resume)));
}

fn keys(cfg: &mut ServiceConfig) {
    cfg.service(
        resource("", "GET, POST").route(get().to(keys::list)).route(post().to(keys::create)),
    );
    cfg.service(resource("/{id}", "DELETE").route(delete().to(keys::revoke)));
}

fn schedules(cfg: &mut ServiceConfig) {
    cfg.service(resource("", "GET").route(get().to(schedules::list)));
    cfg.service(resource("/{name}", "GET").route(get().to(schedules::get)));
    cfg.service(resource("/{name}/runs", "GET").route(get().to(schedules::runs)));
    cfg.service(resource("/{name}/trigger", "POST").route(post().to(schedules::trigger)));
    cfg.service(resource("/{name}/pause", "POST").route(post().to(schedules::pause)));
    cfg.service(resource("/{name}/resume", "POST").route(post().to(schedules::resume)));
    let acknowledge = post().to(schedules::acknowledge);
    cfg.service(resource("/{name}/acknowledge", "POST").route(acknowledge));
}

fn flags(cfg: &mut ServiceConfig) {
    cfg.service(resource("", "GET").route(get().to(flags::list)));
    cfg.service(
        resource("/{key}", "DELETE, GET, PUT")
            .route(get().to(flags::get))
            .route(put().to(flags::set))
            .route(delete().to(flags::clear)),
    );
}

async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound, "no such path"))
}

/// A path with its methods; any other method is answered 405 with `allow`, where actix alone
/// would say 404. HEAD is answered where GET is, and OPTIONS everywhere.
fn resource(path: &str, allow: &'static str) -> Resource {
    let head = if allow.split(", ").any(|method| method == "GET") { ", HEAD" } else { "" };
    let allow = format!("{allow}{head}, OPTIONS");
    web::resource(path).default_service(web::to(move |method: Method| {
        let answer = if method == Method::OPTIONS {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow.clone())).finish())
        } else {
            Err(Problem::wrong_method(allow.clone()))
        };
        async { answer }
    }))
}
