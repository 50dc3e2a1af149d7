use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::body::StrategyBody;
use super::respond;
use crate::extract::query;
use crate::problem::Problem;
use crate::services::Services;
use crate::wire::{parse_new_module, parse_new_strategy};

/// `POST /strategies`: 201 with the first version; 409 when the name is or was in use.
pub(crate) async fn create(
    req: HttpRequest,
    services: Data<Services>,
    body: StrategyBody,
) -> Result<HttpResponse, Problem> {
    let strategies = services.strategies.clone();
    let view = match body {
        StrategyBody::Json(body) => {
            let (id, draft) = parse_new_strategy(&body)?;
            services.detached(async move { strategies.create(id, draft).await }).await?
        }
        StrategyBody::Module(module) => {
            let (id, upload) = parse_new_module(query(&req)?, module)?;
            let patience = services.modules.patience;
            let create = async move { strategies.create_guest(id, upload).await };
            services.detached_for(patience, create).await?
        }
    };
    let mut response = HttpResponse::Created();
    let location = format!("/api/v1/strategies/{}", view.strategy.reference.id);
    response.insert_header((header::LOCATION, location));
    Ok(respond(response, &view))
}
