//! What holds for every operation is said once, here.

use std::collections::BTreeMap;

use actix_web::http::Method;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder, Responses};
use utoipa::openapi::schema::{ObjectBuilder, Ref, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, RefOr};

use super::security;
use crate::problem::Code;

/// The codes with which an operation can refuse.
pub(super) type Refusals = (&'static str, &'static [Code]);

/// Adds to each operation its problems, and the request's id on both ways.
pub(super) fn complete(document: &mut OpenApi, problems: &[&[Refusals]]) {
    let problems: BTreeMap<&str, &[Code]> = problems.iter().copied().flatten().copied().collect();
    let paths = document.paths.paths.iter_mut();
    let all = paths.flat_map(|(path, item)| {
        operations(item).map(|(method, operation)| (path.as_str(), method, operation))
    });
    for (path, method, operation) in all {
        security::secure(operation, &method, path);
        let id = operation.operation_id.as_deref().unwrap_or_default();
        let codes = problems.get(id).copied().unwrap_or_default();
        for (status, response) in refusals(codes, &security::refusals(&method, path)) {
            refuse(&mut operation.responses, status.to_string(), response);
        }
        if IMMUTABLE.contains(&id) {
            tagged(operation);
        }
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(RefOr::Ref(Ref::new("#/components/parameters/RequestId")));
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                let header = Ref::new("#/components/headers/RequestId");
                response.headers.insert("x-request-id".to_owned(), RefOr::Ref(header));
            }
        }
    }
    security::schemes(document);
    let components = document.components.get_or_insert_default();
    for code in Code::ALL {
        let example = ExampleBuilder::new().value(Some(crate::problem_example::example(*code)));
        let example = RefOr::T(example.summary(code.title()).build());
        components.examples.insert(code.as_str().to_owned(), example);
    }
    components.parameters.insert("RequestId".to_owned(), RefOr::T(request_id()));
    components.headers.insert("RequestId".to_owned(), RefOr::T(request_id_header()));
}

/// Adds a refusal, beside what the operation says in another way with this status.
fn refuse(responses: &mut Responses, status: String, mut refusal: Response) {
    if let Some(RefOr::T(said)) = responses.responses.remove(&status) {
        refusal.description = [said.description, refusal.description].join("\n\n");
        refusal.content.extend(said.content);
    }
    responses.responses.insert(status, refusal.into());
}

/// Operations whose answers never change.
const IMMUTABLE: [&str; 10] = [
    "get_metrics",
    "list_trades",
    "list_orders",
    "list_fills",
    "get_equity",
    "get_manifest",
    "list_logs",
    "get_report",
    "get_state",
    "diff_backtests",
];

/// Adds what entity tags bring: a header to ask with, one in the answer, and the short answer.
fn tagged(operation: &mut Operation) {
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let asked = ParameterBuilder::new()
        .name("If-None-Match")
        .parameter_in(ParameterIn::Header)
        .description(Some("An entity tag that was received before (RFC 9110)."))
        .schema(Some(text()));
    operation.parameters.get_or_insert_default().push(asked.build().into());
    let mut tag = Header::new(text());
    tag.description = Some("A strong entity tag of this representation.".to_owned());
    let same = ResponseBuilder::new().description("The client has this representation already.");
    operation.responses.responses.insert("304".to_owned(), same.build().into());
    for status in ["200", "304"] {
        if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(status) {
            response.headers.insert("etag".to_owned(), RefOr::T(tag.clone()));
        }
    }
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// One response a status, with an example a code.
fn refusals(codes: &[Code], further: &[Code]) -> BTreeMap<u16, Response> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes.iter().chain(further).chain(&[Code::Internal]) {
        let same = by_status.entry(code.status()).or_default();
        if !same.contains(code) {
            same.push(*code);
        }
    }
    by_status.into_iter().map(|(status, codes)| (status, refusal(&codes))).collect()
}

fn refusal(codes: &[Code]) -> Response {
    let line = |code: &Code| format!("`{}`: {}", code.as_str(), code.meaning());
    let description: Vec<String> = codes.iter().map(line).collect();
    let examples = codes.iter().map(|code| {
        let place = format!("#/components/examples/{}", code.as_str());
        (code.as_str(), RefOr::<Example>::Ref(Ref::new(place)))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    ResponseBuilder::new()
        .description(description.join("\n\n"))
        .content("application/problem+json", content)
        .build()
}

fn request_id() -> Parameter {
    ParameterBuilder::new()
        .name("x-request-id")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Names the request in answers and in the log, when it is 1 to 128 visible ASCII \
             characters; else the server makes a name.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn request_id_header() -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some("The id of the request, sent or made.".to_owned());
    header
}
