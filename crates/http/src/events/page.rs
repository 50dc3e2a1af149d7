use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use tapedeck_application::{EventPage, EventsError};
use tapedeck_domain::job::Backtest;

use super::{Asked, Query};
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

/// Longest that a request may wait, in seconds.
const MAX_WAIT: u64 = 60;

/// Which page, and how long to wait for something on it.
pub(super) struct Wanted {
    after: Option<u64>,
    limit: usize,
    patience: Duration,
}

impl Wanted {
    pub(super) fn parse(query: &Query) -> Result<Self, Problem> {
        let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
        let (after, limit) = (paging.after()?, paging.limit);
        Ok(Self { after, limit, patience: patience(query.wait.as_deref())? })
    }
}

/// One page; with `?wait=`, as soon as there is something on it.
pub(super) async fn answer(
    req: &HttpRequest,
    services: &Services,
    asked: Asked,
    Wanted { after, limit, patience }: Wanted,
    seen: u64,
) -> Result<HttpResponse, Problem> {
    let after = after.unwrap_or(seen);
    let (job, page) = look(services, &asked, after, limit, patience).await?;
    let items: Vec<_> = page.entries.iter().map(|entry| wire::event(&job, entry).1).collect();
    let last = page.entries.last().filter(|_| page.more);
    let next = last.map(|entry| paging::cursor(&entry.seq.to_string()));
    let body = json!({"items": items, "next_cursor": next});
    Ok(paging::respond(req, next.as_deref(), body))
}

/// The page, when there is something on it, or when the patience or the server ends.
async fn look(
    services: &Services,
    Asked { log, id, refuse }: &Asked,
    after: u64,
    limit: usize,
    patience: Duration,
) -> Result<(Backtest, EventPage), Problem> {
    let (id, refuse) = (*id, *refuse);
    let within = |patience: Duration| {
        let log = log.clone();
        let work = async move {
            let job = log.open(id, after).await?;
            Ok::<_, EventsError>((job, log.wait(id, after, limit, patience).await?))
        };
        services.waiting(patience, async move { work.await.map_err(refuse) })
    };
    tokio::select! {
        biased;
        found = within(patience) => found,
        () = services.stop.cancelled() => within(Duration::ZERO).await,
    }
}

fn patience(wait: Option<&str>) -> Result<Duration, Problem> {
    let Some(text) = wait else { return Ok(Duration::ZERO) };
    let seconds = text.parse().ok().filter(|seconds| *seconds <= MAX_WAIT);
    let seconds = seconds
        .ok_or_else(|| Problem::invalid("query:wait", "range", "must be from 0 to 60 seconds"))?;
    Ok(Duration::from_secs(seconds))
}
