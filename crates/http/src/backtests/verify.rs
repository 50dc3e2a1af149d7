use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use tapedeck_application::{Difference, Evidence, Verdict};
use tapedeck_domain::bars::BarView;
use tapedeck_domain::metrics::Figure;

use crate::extract::backtest_id;
use crate::problem::Problem;
use crate::render::items;
use crate::services::Services;
use crate::wire::rows;

/// `POST /backtests/{id}/verify`: the run once more, in a process of its own, and what differs.
pub(crate) async fn verify(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = backtest_id(&req)?;
    let results = services.results.clone();
    let run = services.read(async move { results.open(id).await }).await?;
    // As long as the run itself may take; what is not the run has the usual time beside.
    let patience = Duration::from_millis(run.job.submission.limits.timeout_ms);
    let verify = services.verify.clone();
    let work = async move { verify.verify(id).await };
    let verdict =
        services.waiting(patience.saturating_add(tapedeck_application::VERIFY_START), work).await?;
    Ok(HttpResponse::Ok().json(wire(&verdict)))
}

fn wire(verdict: &Verdict) -> Value {
    let Verdict { stored, computed, difference } = verdict;
    let mut wire = json!({
        "identical": difference.is_none(),
        "blocks": computed.chain.0.len(),
        "bars": computed.bars_done,
        "chain_head": computed.chain.head(),
        "engine_version": {
            "stored": stored.report.engine_version,
            "computed": computed.engine_version,
        },
    });
    if let Some(difference) = difference {
        wire["first_difference"] = first_difference(stored.bars(), difference);
    }
    wire
}

fn first_difference(bars: BarView<'_>, difference: &Difference) -> Value {
    let time = difference.bar.filter(|bar| *bar < bars.len()).map(|bar| bars.timestamp(bar));
    json!({
        "bar": difference.bar,
        "time": time.map(|time| time.to_string()),
        "what": difference.what.as_str(),
        "stored": evidence(bars, &difference.stored),
        "computed": evidence(bars, &difference.computed),
    })
}

fn evidence(bars: BarView<'_>, evidence: &Evidence) -> Value {
    let row = |table| items(&table).pop().unwrap_or_default();
    match evidence {
        Evidence::Missing => Value::Null,
        Evidence::Count(count) => json!(count),
        Evidence::Number(number) => json!(number),
        Evidence::Hash(hash) => json!(hash),
        Evidence::Order(order) => row(rows::order_table(bars, &[order])),
        Evidence::Fill(fill) => row(rows::fill_table(bars, &[fill])),
        Evidence::Trade(trade) => row(rows::trade_table(bars, &[trade])),
        Evidence::Figure(key, Figure::Value(value)) => json!({"key": key, "value": value}),
        Evidence::Figure(key, Figure::Undefined(why)) => {
            json!({"key": key, "value": null, "undefined": why.as_str()})
        }
    }
}
