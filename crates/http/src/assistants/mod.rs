//! An endpoint for assistants: the Model Context Protocol over HTTP, each message a request of its
//! own, each answer one JSON object. It keeps nothing of one request for the next.

mod answer;
mod dispatch;
mod message;
mod revision;
mod tools;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse};
use rmcp::model::ErrorData;
use tapedeck_application::Caller;
use tapedeck_domain::flag::Flag;

use crate::extract::{JsonBytes, requester};
use crate::problem::{Code, Problem};
use crate::services::Services;
use message::{Message, Unreadable};
use tools::Visitor;

/// `POST /mcp`: answers one message.
pub(crate) async fn post(
    req: HttpRequest,
    services: Data<Services>,
    body: JsonBytes,
) -> Result<HttpResponse, Problem> {
    acceptable(&req)?;
    let request = match message::read(&body.0) {
        Ok(Message::Request(request)) => request,
        Ok(Message::Notification) => return Ok(noted(&req)),
        Ok(Message::Answer) => return Ok(refused(None, "this server asks nothing")),
        Err(Unreadable::NotJson(why)) => return Err(Problem::new(Code::MalformedRequest, why)),
        Err(Unreadable::NoMessage { id, why }) => return Ok(refused(id, why)),
    };
    let revision = match revision::revision(req.headers(), &request) {
        Ok(revision) => revision,
        Err(refused) => {
            return Ok(answer::error(refused.status, Some(request.id), refused.error));
        }
    };
    let visitor = Visitor {
        services: &services,
        requester: requester(&req)?,
        caller: caller(&req),
        path: req.path(),
    };
    Ok(Box::pin(dispatch::answered(&visitor, request, &revision)).await)
}

/// Whether a body is a message.
#[cfg(test)]
pub(crate) fn parse_message(body: &[u8]) -> Result<(), crate::wire::Refusal> {
    let refused = |fault| crate::wire::Refusal::NotJson(format!("{fault:?}"));
    message::read(body).map(drop).map_err(refused)
}

/// Whose key came with the request, if any is needed.
fn caller(req: &HttpRequest) -> Caller {
    req.extensions().get::<Caller>().cloned().unwrap_or(Caller::Anonymous)
}

/// Answers are JSON and nothing else, so a client that takes none cannot be answered.
fn acceptable(req: &HttpRequest) -> Result<(), Problem> {
    let accepts = |part: &str| {
        let (kind, rest) = part.split_once(';').unwrap_or((part, ""));
        let kind = kind.trim().to_ascii_lowercase();
        let refused = rest.split(';').any(|parameter| {
            let weight = parameter.trim().strip_prefix("q=").and_then(|q| q.parse().ok());
            weight == Some(0.0_f32)
        });
        matches!(kind.as_str(), "application/json" | "application/*" | "*/*") && !refused
    };
    let mut sent = req.headers().get_all(header::ACCEPT).peekable();
    let any = sent.peek().is_none();
    let lists = sent.filter_map(|value| value.to_str().ok());
    if any || lists.flat_map(|list| list.split(',')).any(accepts) {
        return Ok(());
    }
    let detail = "`Accept` must name application/json: answers come as nothing else";
    Err(Problem::new(Code::NotAcceptable, detail))
}

/// A notification is taken note of, and that is all: nothing is kept that it could change.
fn noted(req: &HttpRequest) -> HttpResponse {
    match revision::announced(req.headers()) {
        Ok(_) => HttpResponse::Accepted().finish(),
        Err(refused) => answer::error(refused.status, None, refused.error),
    }
}

fn refused(id: Option<rmcp::model::RequestId>, why: &'static str) -> HttpResponse {
    answer::error(StatusCode::BAD_REQUEST, id, ErrorData::invalid_request(why, None))
}

/// While the endpoint is off it is no path of this server, whatever the method.
pub(crate) async fn switched_on<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let services = req.app_data::<Data<Services>>();
    if services.is_some_and(|services| is_on(services)) {
        return Ok(next.call(req).await?.map_into_left_body());
    }
    let problem = Problem::new(Code::NotFound, "no such path");
    Ok(req.into_response(HttpResponse::from_error(problem)).map_into_right_body())
}

fn is_on(services: &Services) -> bool {
    services.flags.is_on(Flag::AiAssistant)
}
