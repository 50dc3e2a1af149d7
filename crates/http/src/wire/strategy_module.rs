//! What is said of a module beside it, in the query of `POST /strategies` and
//! `PUT /strategies/{id}`.

use std::str::FromStr as _;
use std::sync::Arc;

use serde::Deserialize;
use tapedeck_application::{FaultCode, GuestUpload};
use tapedeck_domain::id::StrategyId;

use super::fields::Faults;
use super::json::Refusal;
use super::strategy_body::{check_description, check_name};

/// Of a new strategy.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewModule {
    id: Option<String>,
    name: Option<String>,
    description: Option<String>,
}

/// Of a new version.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModuleChange {
    name: Option<String>,
    description: Option<String>,
}

/// Reads a new strategy that is a module.
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn parse_new_module(
    query: NewModule,
    module: Arc<[u8]>,
) -> Result<(StrategyId, GuestUpload), Refusal> {
    let mut faults = Faults::default();
    if query.id.is_none() {
        faults.add("query:id", FaultCode::Missing, "`id` is required");
    }
    let id = faults.parsed("query:id", query.id.as_deref(), StrategyId::from_str);
    let upload = upload(query.name, query.description, module, &mut faults);
    match id {
        Some(id) if faults.0.is_empty() => Ok((id, upload)),
        Some(_) | None => Err(Refusal::Invalid(faults.0)),
    }
}

/// Reads a module that a strategy is to be from now on.
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn parse_module_change(
    query: ModuleChange,
    module: Arc<[u8]>,
) -> Result<GuestUpload, Refusal> {
    let mut faults = Faults::default();
    let upload = upload(query.name, query.description, module, &mut faults);
    if faults.0.is_empty() { Ok(upload) } else { Err(Refusal::Invalid(faults.0)) }
}

fn upload(
    name: Option<String>,
    description: Option<String>,
    module: Arc<[u8]>,
    faults: &mut Faults,
) -> GuestUpload {
    check_name("query:name", name.as_deref(), faults);
    check_description("query:description", description.as_deref(), faults);
    GuestUpload { name, description, module }
}
