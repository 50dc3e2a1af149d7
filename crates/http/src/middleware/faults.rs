use std::panic::AssertUnwindSafe;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use futures_util::FutureExt as _;

use crate::problem::{Code, Context, Problem};

/// Turns everything that can go wrong below into a problem document: our own refusals, errors
/// of the framework, and panics.
pub(crate) async fn faults<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let context = Context::of(&req);
    match AssertUnwindSafe(next.call(req)).catch_unwind().await {
        Ok(Ok(response)) => Ok(rendered(response, context)),
        Ok(Err(error)) => Err(problem(&error).answering(context).into()),
        Err(_) => {
            let panicked = Foreign("a handler panicked".to_owned());
            Err(Problem::internal(&panicked).answering(context).into())
        }
    }
}

/// A handler's `Err` comes as a response that remembers its error. Headers that were put on it
/// on the way (those of CORS) stay.
fn rendered<B>(response: ServiceResponse<B>, context: Context) -> ServiceResponse<EitherBody<B>> {
    let Some(error) = response.response().error() else { return response.map_into_left_body() };
    let mut problem = actix_web::HttpResponse::from_error(problem(error).answering(context));
    for (name, value) in response.headers() {
        if !problem.headers().contains_key(name) {
            problem.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(problem).map_into_right_body()
}

fn problem(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    match error.as_response_error().status_code().as_u16() {
        404 => Problem::new(Code::NotFound, "no such path"),
        405 => Problem::new(Code::MethodNotAllowed, "this path does not take this method"),
        413 => Problem::new(Code::PayloadTooLarge, "the body is too large"),
        415 => Problem::new(Code::UnsupportedMediaType, "the body's content type is not read here"),
        400..=499 => Problem::new(Code::MalformedRequest, "the request cannot be read"),
        _ => Problem::internal(&Foreign(error.to_string())),
    }
}

/// An error of the framework, in words.
#[derive(Debug)]
struct Foreign(String);

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Foreign {}
