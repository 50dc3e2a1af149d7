use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::Inspect;
use tapedeck_domain::job::{Backtest, Status};
use tapedeck_domain::port::{JobFilter, Page};
use tapedeck_domain::time::Timestamp;

use crate::extract::{parsed, query};
use crate::paging::{self, Paging};
use crate::problem::Problem;
use crate::services::Services;
use crate::wire;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<String>,
    cursor: Option<String>,
    include_total: Option<bool>,
    status: Option<String>,
    dataset_id: Option<String>,
    symbol: Option<String>,
    strategy_id: Option<String>,
    tag: Option<String>,
    created_after: Option<String>,
    created_before: Option<String>,
}

/// `GET /backtests`: newest first.
pub(crate) async fn list(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let listed = listed(&req, &services, &services.inspect).await?;
    let now = services.clock.now();
    let items = listed.jobs.iter().map(|job| wire::backtest(job, now)).collect();
    Ok(listed.respond(&req, items))
}

/// A page of jobs.
pub(crate) struct Listed {
    pub(crate) jobs: Vec<Backtest>,
    next: Option<String>,
    total: Option<u64>,
}

impl Listed {
    /// The page, its jobs as `items`.
    pub(crate) fn respond(self, req: &HttpRequest, items: Vec<Value>) -> HttpResponse {
        let mut body = json!({"items": items, "next_cursor": self.next});
        if let Some(total) = self.total {
            body["total"] = json!(total);
        }
        paging::respond(req, self.next.as_deref(), body)
    }
}

/// The page that the query asks for, of the jobs that `inspect` knows.
pub(crate) async fn listed(
    req: &HttpRequest,
    services: &Services,
    inspect: &Inspect,
) -> Result<Listed, Problem> {
    let query: Query = query(req)?;
    let paging = Paging::parse(query.limit.as_deref(), query.cursor.as_deref())?;
    let filter = filter(&query)?;
    let (inspect, include_total) = (inspect.clone(), query.include_total == Some(true));
    // One more than asked for tells whether there is a next page.
    let page = Page { after: paging.after()?, limit: paging.limit + 1 };
    let (mut jobs, total) = services
        .read(async move {
            let jobs = inspect.list(filter.clone(), page).await?;
            let total = if include_total { Some(inspect.count(filter).await?) } else { None };
            Ok::<_, tapedeck_domain::port::StorageError>((jobs, total))
        })
        .await?;
    let more = jobs.len() > paging.limit;
    jobs.truncate(paging.limit);
    let next = jobs.last().filter(|_| more).map(|job| paging::cursor(&job.id.to_string()));
    Ok(Listed { jobs, next, total })
}

fn filter(query: &Query) -> Result<JobFilter, Problem> {
    Ok(JobFilter {
        kind: None,
        status: parsed("status", query.status.as_deref(), |text| {
            let known = Status::ALL.into_iter().find(|status| status.as_str() == text);
            known.ok_or("must be one of queued, running, cancelling, succeeded, failed, cancelled, timed_out")
        })?,
        dataset_id: parsed("dataset_id", query.dataset_id.as_deref(), str::parse)?,
        symbol: parsed("symbol", query.symbol.as_deref(), |text| text.to_owned().try_into())?,
        strategy_id: parsed("strategy_id", query.strategy_id.as_deref(), str::parse)?,
        tag: parsed("tag", query.tag.as_deref(), str::parse)?,
        created_after: bound("created_after", query.created_after.as_deref())?,
        created_before: bound("created_before", query.created_before.as_deref())?,
    })
}

fn bound(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    parsed(name, text, Timestamp::parse_bound)
}
