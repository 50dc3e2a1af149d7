use actix_web::Error;
use actix_web::body::{BodySize, EitherBody, MessageBody, None as NoBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;

/// Answers HEAD as GET is answered, without the body: the connection leaves it out, and keeps the
/// length. A stream has no length and no end, so it is not begun.
pub(crate) async fn head<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, NoBody>>, Error> {
    if req.method() != Method::HEAD {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let head = req.head_mut();
    head.method = Method::GET;
    // There is no socket to be had this way.
    head.headers_mut().remove(header::UPGRADE);
    let response = next.call(req).await?;
    if response.response().body().size() == BodySize::Stream {
        return Ok(response.map_body(|_, _| EitherBody::right(NoBody::new())));
    }
    Ok(response.map_into_left_body())
}
