//! `/datasets`.

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use super::complete::Refusals;
use super::examples;
use super::paging::{Format, PageParams};
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("list_datasets", &[Code::ValidationError, Code::OutOfRange, Code::Unavailable]),
    ("get_dataset", &[Code::DatasetNotFound, Code::Unavailable]),
    (
        "list_bars",
        &[Code::ValidationError, Code::OutOfRange, Code::DatasetNotFound, Code::Unavailable],
    ),
];

/// Bars with a name and a version.
#[derive(ToSchema)]
pub(super) struct Dataset {
    /// A slug.
    id: String,
    /// Counts from 1; other bars under the same name are a new version.
    version: u32,
    symbol: String,
    /// Time from bar to bar.
    interval: String,
    /// Time of the first bar.
    #[schema(format = DateTime)]
    from: String,
    /// Time of the last bar.
    #[schema(format = DateTime)]
    to: String,
    /// How many bars.
    bars: u64,
    /// SHA-256 of the columns.
    content_hash: String,
    /// 252, or 365 where every day is a trading day.
    periods_per_year: u32,
    /// What a user should know before trusting a result.
    warnings: Vec<String>,
    /// Where the bars come from, and under which licence.
    #[schema(required)]
    source: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    links: BTreeMap<String, String>,
}

#[derive(ToSchema)]
struct DatasetPage {
    items: Vec<Dataset>,
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(ToSchema)]
struct Bar {
    #[schema(format = DateTime)]
    time: String,
    open: f64,
    high: f64,
    low: f64,
    close: f64,
    volume: f64,
}

#[derive(ToSchema)]
struct BarPage {
    items: Vec<Bar>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Bars of the range.
    total: u64,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct BarParams {
    /// The first moment: a date or a time.
    #[param(
        required = false,
        pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?$",
        example = "2004-01-01"
    )]
    from: String,
    /// The last moment, included; a date covers its whole day.
    #[param(
        required = false,
        pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?$",
        example = "2010-12-31"
    )]
    to: String,
    /// Bars of a page of JSON.
    #[param(required = false, minimum = 1, maximum = 10_000, default = 500)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(required = false, min_length = 1, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: String,
    /// Goes before the `Accept` header. CSV has the whole range.
    #[param(required = false, inline)]
    format: Format,
}

/// List datasets
///
/// By name.
#[utoipa::path(get, path = "/api/v1/datasets", tag = "datasets", params(PageParams),
    responses((status = 200, description = "A page.",
        headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")),
        body = DatasetPage, example = json!(examples::datasets()))),
)]
pub(super) fn list_datasets() {}

/// Look at a dataset
#[utoipa::path(get, path = "/api/v1/datasets/{id}", tag = "datasets",
    params(("id" = String, Path, description = "Its name.", example = "aapl-1d")),
    responses((status = 200, description = "The dataset.", body = Dataset, example = json!(examples::dataset()))),
)]
pub(super) fn get_dataset() {}

/// The bars of a dataset
#[utoipa::path(get, path = "/api/v1/datasets/{id}/bars", tag = "datasets",
    params(("id" = String, Path, description = "Its name.", example = "aapl-1d"), BarParams),
    responses((status = 200, description = "A page of JSON, or all of the range in another format.", content(
        (BarPage = "application/json", example = json!(examples::bars())), (String = "text/csv"), (String = "application/x-ndjson"),
        (String = "application/vnd.apache.parquet"),
    ), headers(("link" = String, description = "`rel=\"next\"`: the next page (RFC 8288).")))),
)]
pub(super) fn list_bars() {}
