//! The description held against itself, the routes and the readers of bodies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{PROBLEMS, examples, json};
use crate::scopes::{Need, need};
use crate::wire::{
    Refusal, parse_backtest, parse_flag, parse_log_level, parse_new_key, parse_new_strategy,
    parse_pause, parse_strategy_change, parse_sweep, parse_validation,
};

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

fn document() -> Value {
    serde_json::from_str(&json()).unwrap()
}

/// Path, method and operation of everything that is described.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (path.clone(), method.clone(), operation.clone()))
    });
    all.filter(|(_, method, _)| METHODS.contains(&method.as_str())).collect()
}

#[test]
fn every_route_is_described() {
    let described: BTreeSet<(String, String)> = operations(&document())
        .into_iter()
        .map(|(path, method, _)| (path, method.to_uppercase()))
        .collect();
    let routed = routes::all();
    for known in
        ["/healthz", "/api/v1/backtests/{id}", "/api/v1/datasets/{id}/bars", "/docs/{file}"]
    {
        let found = routed.contains(&(known.to_owned(), "GET".to_owned()));
        assert!(found, "routes.rs was read, with {known}");
    }
    let missing: Vec<_> = routed.difference(&described).collect();
    assert!(missing.is_empty(), "describe these in crates/http/src/openapi: {missing:?}");
}

#[test]
fn every_operation_says_what_its_route_needs() {
    for (path, method, operation) in operations(&document()) {
        let needed = need(&method.to_uppercase().parse().unwrap(), &path);
        let (scope, ways) = match needed {
            Need::Nothing => ("none", 0),
            Need::Key(scope) => (scope.as_str(), 1),
        };
        assert_eq!(operation["x-scope"], scope, "{method} {path}");
        let said = operation["security"].as_array().unwrap();
        let bearers = said.iter().filter(|way| way.get("bearer").is_some());
        assert_eq!(bearers.count(), ways, "{method} {path}");
        let streams =
            path.ends_with("/ws") || path.ends_with("/stream") || path.ends_with("/events");
        let tickets = said.iter().any(|way| way.get("ticket").is_some());
        assert_eq!(tickets, streams, "{method} {path}");
    }
}

#[test]
fn every_operation_is_complete() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{at}: summary");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{at}: tag");
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!id.is_empty() && ids.insert(id), "{at}: operationId, and no other's");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with(['1', '2'])), "{at}: success");
        let problem =
            |response: &Value| response["content"].get("application/problem+json").is_some();
        assert!(responses.values().any(problem), "{at}: problem");
        let described =
            |response: &Value| response["description"].as_str().is_some_and(|d| !d.is_empty());
        assert!(responses.values().all(described), "{at}: descriptions");
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let parameters = operation["parameters"].as_array().unwrap();
            let found = parameters.iter().find(|p| p["name"] == name && p["in"] == "path");
            assert_eq!(found.map(|p| &p["required"]), Some(&Value::Bool(true)), "{at}: {name}");
        }
    }
    for (id, _) in PROBLEMS.iter().copied().flatten() {
        assert!(ids.contains(*id), "problems are listed for `{id}`, which there is not");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = 0;
    visit(&document, &mut |value| {
        let Some(place) = value.get("$ref").and_then(Value::as_str) else { return };
        let pointer = place.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{place}");
        found += 1;
    });
    assert!(found > 100, "{found} references");
}

fn visit(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Object(members) => members.values().for_each(|member| visit(member, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn every_example_of_a_body_is_accepted() {
    let mut found = 0;
    for (path, _, operation) in operations(&document()) {
        let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
        for (name, example) in examples.as_object().into_iter().flatten() {
            let read = read(&path, example["value"].to_string().as_bytes());
            assert_eq!(read, Ok(()), "{path}: {name}");
            found += 1;
        }
    }
    assert_eq!(found, 15);
}

/// Reads a body as the route of its path does.
fn read(path: &str, body: &[u8]) -> Result<(), Refusal> {
    match path {
        "/api/v1/backtests" => parse_backtest(body, "r-1".parse().unwrap()).map(drop),
        "/api/v1/mcp" => crate::assistants::parse_message(body),
        "/api/v1/keys" => parse_new_key(body).map(drop),
        "/api/v1/queue/pause" | "/api/v1/schedules/{name}/pause" => parse_pause(body).map(drop),
        "/api/v1/flags/{key}" => parse_flag(body).map(drop),
        "/api/v1/logging" => parse_log_level(body).map(drop),
        "/api/v1/sweeps" => parse_sweep(body, "r-1".parse().unwrap()).map(drop),
        "/api/v1/strategies" => parse_new_strategy(body).map(drop),
        "/api/v1/strategies/{id}" => parse_strategy_change(body).map(drop),
        "/api/v1/strategies/validate" => parse_validation(body).map(drop),
        other => panic!("say here how the body of {other} is read"),
    }
}

#[test]
fn every_file_of_examples_is_json() {
    assert!(examples::all().iter().all(|example| example.is_object()));
}

/// What `routes.rs` says, read as text: actix keeps no list of its routes.
mod routes {
    use super::*;

    const SOURCE: &str = include_str!("../routes.rs");

    /// Paths with their methods, under the canonical prefix.
    pub(super) fn all() -> BTreeSet<(String, String)> {
        let bare = SOURCE.matches("web::resource(").count();
        assert_eq!(bare, 1, "routes are made with the helper `resource`");
        let functions = functions();
        let mut found = BTreeSet::new();
        collect(&functions, "configure", "", &mut found);
        found
    }

    /// The functions that configure routes, without white space.
    fn functions() -> BTreeMap<&'static str, String> {
        let parts = SOURCE.split("\nfn ").chain(SOURCE.split("\npub(crate) fn "));
        parts
            .filter_map(|part| {
                let (name, rest) = part.split_once("(cfg: &mut ServiceConfig)")?;
                let body = rest.split("\n}").next()?;
                let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                is_name.then(|| (name, body.split_whitespace().collect()))
            })
            .collect()
    }

    fn collect(
        functions: &BTreeMap<&str, String>,
        name: &str,
        prefix: &str,
        found: &mut BTreeSet<(String, String)>,
    ) {
        let body = functions.get(name).unwrap_or_else(|| panic!("no function `{name}`"));
        for call in body.split("resource(\"").skip(1) {
            let mut texts = call.split('"');
            let (path, allow) = (texts.next().unwrap(), texts.nth(1).unwrap());
            for method in allow.split(',') {
                found.insert((format!("{prefix}{}", plain(path)), method.to_owned()));
            }
        }
        let prefixes = body.split_once("forprefixin[\"").map(|(_, rest)| rest);
        let canonical = prefixes.and_then(|rest| rest.split('"').next());
        for (before, after) in body.match_indices(".configure(").map(|(at, _)| body.split_at(at)) {
            let inner = after[".configure(".len()..].split(')').next().unwrap();
            let scope = before.rsplit("cfg").next().unwrap();
            let scope = match scope.split_once("scope(") {
                None => "",
                Some((_, "prefix)")) => canonical.unwrap(),
                Some((_, literal)) => literal.split('"').nth(1).unwrap(),
            };
            collect(functions, inner, &format!("{prefix}{scope}"), found);
        }
    }

    /// A path without the patterns of its parameters.
    fn plain(path: &str) -> String {
        let part = |part: &str| match part.split_once(':') {
            Some((name, _)) if name.starts_with('{') => format!("{name}}}"),
            _ => part.to_owned(),
        };
        // A pattern may hold a slash, within brackets.
        let path = path.replace("[^/]*", "");
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

#[test]
fn the_description_that_is_served_is_that_of_the_code() {
    assert!(crate::OPENAPI == super::json(), "docs/api/openapi.json is out of date: make openapi");
}
