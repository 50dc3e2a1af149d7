use std::collections::VecDeque;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use futures_util::stream::unfold;
use serde_json::Value;
use tapedeck_application::AuditTrail;
use tapedeck_domain::audit::Audited;
use tapedeck_domain::port::{AuditFilter, StorageError};

use crate::format::Format;
use crate::problem::Problem;
use crate::services::Services;
use crate::{audit_json, render};

/// Entries that are read at a time: a longer trail takes no more memory.
const PAGE: usize = 500;

const COLUMNS: [&str; 9] =
    ["seq", "time", "actor", "action", "subject", "request_id", "before", "after", "hash"];

/// All entries that match, newest first. A store that fails midway breaks the answer off, so that
/// nobody takes a part for the whole.
pub(super) async fn whole(
    services: &Services,
    filter: AuditFilter,
    format: Format,
) -> Result<HttpResponse, Problem> {
    let mut pages = Pages { trail: services.audit.clone(), filter, format, before: None };
    let first = {
        let (trail, filter) = (pages.trail.clone(), pages.filter.clone());
        services.read(async move { trail.list(filter, None, PAGE).await }).await?
    };
    let header = (format == Format::Csv).then(|| Bytes::from(COLUMNS.join(",") + "\r\n"));
    let first = pages.text(&first).filter(|text| !text.is_empty());
    let ready: VecDeque<Bytes> = header.into_iter().chain(first).collect();
    let stream = unfold((pages, ready), |(mut pages, mut ready)| async move {
        if let Some(text) = ready.pop_front() {
            return Some((Ok(text), (pages, ready)));
        }
        match pages.next().await {
            Ok(None) => None,
            Ok(Some(text)) => Some((Ok(text), (pages, ready))),
            Err(error) => Some((Err(actix_web::Error::from(Problem::from(error))), (pages, ready))),
        }
    });
    Ok(HttpResponse::Ok().content_type(format.content_type()).streaming(stream))
}

struct Pages {
    trail: AuditTrail,
    filter: AuditFilter,
    format: Format,
    before: Option<u64>,
}

impl Pages {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        // Nothing was found, or all of it.
        let Some(before) = self.before else { return Ok(None) };
        let page = self.trail.list(self.filter.clone(), Some(before), PAGE).await?;
        Ok(self.text(&page))
    }

    /// The lines of a page, if there are any; the next page follows it.
    fn text(&mut self, page: &[Audited]) -> Option<Bytes> {
        self.before = page.last().map(|last| last.seq);
        let lines = page.iter().map(audit_json::entry).map(|entry| match self.format {
            Format::Csv => csv(&entry),
            Format::Json | Format::Ndjson | Format::Parquet => format!("{entry}\n"),
        });
        let text: String = lines.collect();
        (!text.is_empty()).then(|| text.into())
    }
}

fn csv(entry: &Value) -> String {
    let cells = COLUMNS.map(|name| {
        let value = &entry[name];
        let is_nested = value.is_object() || value.is_array();
        let shown = if is_nested { Value::String(value.to_string()) } else { value.clone() };
        render::cell(shown)
    });
    cells.join(",") + "\r\n"
}
