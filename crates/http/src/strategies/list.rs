use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use tapedeck_application::StrategyViews;
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::strategy::StrategyRef;

use crate::extract::query;
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    pub(super) limit: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) include_total: Option<bool>,
}

/// `GET /strategies`: stored ones, newest first, then those that came with the server.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let query: Query = query(&req)?;
    let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
    let after: Option<StrategyId> = paging.after()?;
    // One more than asked for tells whether there is a next page.
    let (strategies, limit) = (services.strategies.clone(), paging.limit + 1);
    let views = services.read(async move { strategies.list(after.as_ref(), limit).await }).await?;
    let place = |strategy: &StrategyRef| strategy.id.to_string();
    Ok(page(&req, &query, paging.limit, views, place))
}

/// A page of strategies or versions; `place` is where the next one goes on.
pub(super) fn page(
    req: &HttpRequest,
    query: &Query,
    limit: usize,
    mut views: StrategyViews,
    place: impl Fn(&StrategyRef) -> String,
) -> HttpResponse {
    let more = views.items.len() > limit;
    views.items.truncate(limit);
    let last = views.items.last().filter(|_| more);
    let next = last.map(|view| paging::cursor(&place(&view.strategy.reference)));
    let items: Vec<_> = views.items.iter().map(wire::strategy).collect();
    let mut body = json!({"items": items, "next_cursor": next});
    if query.include_total == Some(true) {
        body["total"] = json!(views.total);
    }
    paging::respond(req, next.as_deref(), body)
}
