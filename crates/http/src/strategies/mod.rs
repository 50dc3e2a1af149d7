//! `/strategies`, one endpoint a file.

mod body;
mod create;
mod get;
mod list;
mod module;
mod precondition;
mod remove;
mod schema;
mod update;
mod validate;
mod versions;

pub(crate) use create::create;
pub(crate) use get::get;
pub(crate) use list::list;
pub(crate) use module::module;
pub(crate) use remove::remove;
pub(crate) use schema::{rules_schema, schema};
pub(crate) use update::update;
pub(crate) use validate::validate;
pub(crate) use versions::versions;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use tapedeck_application::StrategyView;

use crate::wire;

/// The resource, with the tag of its version.
fn respond(mut response: HttpResponseBuilder, view: &StrategyView) -> HttpResponse {
    response.insert_header((header::ETAG, precondition::tag(view.strategy.reference.version)));
    response.json(wire::strategy(view))
}
