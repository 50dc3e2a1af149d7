use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;

use super::respond;
use crate::extract::JsonBytes;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::parse_new_strategy;

/// `POST /strategies`: 201 with the first version; 409 when the name is or was in use.
pub(crate) async fn create(
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    let (id, draft) = parse_new_strategy(&body.0)?;
    let location = format!("/api/v1/strategies/{id}");
    let strategies = services.strategies.clone();
    let view = services.detached(async move { strategies.create(id, draft).await }).await?;
    let mut response = HttpResponse::Created();
    response.insert_header((header::LOCATION, location));
    Ok(respond(response, &view))
}
