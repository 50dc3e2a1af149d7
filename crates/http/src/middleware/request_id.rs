use crate::{Services, StartUp};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tapedeck_domain::id::RequestId;

use super::trace;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Takes the client's `x-request-id` where it is usable, makes one where it is not, and puts it
/// on the response.
pub(crate) async fn request_id(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let sent = req.headers().get(HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    let ids = || {
        let services = req.app_data::<web::Data<Services>>().map(|services| &services.ids);
        services.or_else(|| req.app_data::<web::Data<StartUp>>().map(|start| &start.ids))
    };
    let id: RequestId = match (sent, ids()) {
        (Some(id), _) => id,
        (None, Some(ids)) => ids.next().into(),
        (None, None) => return Err(actix_web::error::ErrorInternalServerError("no ids")),
    };
    req.extensions_mut().insert(id.clone());
    if let Some(services) = req.app_data::<web::Data<Services>>() {
        trace::enter(&req, services.ids.as_ref());
    }
    let mut response = next.call(req).await?;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}
