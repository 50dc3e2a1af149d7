//! `/tickets`: for sockets and streams of browsers, which cannot send a key with them.

use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde_json::json;
use tapedeck_application::Caller;

use crate::problem::Problem;
use crate::services::Services;

/// `POST /tickets`: good for one `GET .../ws`, `/stream` or `/events`, within half a minute.
pub(crate) async fn create(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let caller = req.extensions().get::<Caller>().cloned().unwrap_or(Caller::Anonymous);
    let access = services.access.clone();
    let made = async move { access.ticket(&caller).await };
    let (text, ticket) = services.detached(made).await?;
    let body = json!({"ticket": text.expose(), "expires_at": ticket.expires_at.to_string()});
    Ok(HttpResponse::Created().json(body))
}
