use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::list::{Query, page};
use crate::extract::{query, strategy_id};
use crate::paging::Paging;
use crate::problem::Problem;
use crate::services::Services;

/// `GET /strategies/{id}/versions`: newest first.
pub(crate) async fn versions(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = strategy_id(&req)?;
    let query: Query = query(&req)?;
    let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
    let before: Option<u32> = paging.after()?;
    let (strategies, limit) = (services.strategies.clone(), paging.limit + 1);
    let views = services.read(async move { strategies.versions(&id, before, limit).await }).await?;
    Ok(page(&req, &query, paging.limit, views, |version| version.version.to_string()))
}
