use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use tapedeck_application::{BarState, Finished, bar_at, state_at};
use tapedeck_domain::port::StrategyInspector;
use tapedeck_domain::rules::Explanation;
use tapedeck_domain::time::Timestamp;
use tapedeck_domain::trading::{Order, OrderStatus};

use super::result::Sealed;
use crate::extract::query;
use crate::problem::{Code, Problem};
use crate::render::items;
use crate::services::Services;
use crate::wire::{self, rows};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    bar: Option<String>,
    at: Option<String>,
}

/// Which bar.
enum Place {
    Bar(Option<usize>),
    At(Timestamp),
}

/// `GET /backtests/{id}/state?bar=N` or `?at=TIME`: everything at the close of a bar.
pub(crate) async fn state(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let place = place(query(&req)?)?;
    // What is explained is computed now, by this engine.
    let engine = services.strategies.engine_version();
    let sealed = match Sealed::find(&req, &services, &["state", engine]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(&services).await?;
    let inspector = services.inspector.clone();
    let body = services.blocking(move || body(&run, &place, inspector.as_ref())).await??;
    Ok(sealed.seal(HttpResponse::Ok().json(body)))
}

fn place(query: Query) -> Result<Place, Problem> {
    match (query.bar, query.at) {
        (Some(bar), None) => {
            let bar: i64 = bar
                .parse()
                .map_err(|_| Problem::invalid("query:bar", "type", "must be a whole number"))?;
            Ok(Place::Bar(usize::try_from(bar).ok()))
        }
        (None, Some(at)) => {
            let invalid = |error: &dyn std::fmt::Display| {
                Problem::invalid("query:at", "type", error.to_string())
            };
            at.parse().map(Place::At).map_err(|error| invalid(&error))
        }
        (Some(_), Some(_)) => {
            Err(Problem::invalid("query:at", "range", "give `bar` or `at`, not both"))
        }
        (None, None) => Err(Problem::invalid("query:bar", "missing", "give `bar` or `at`")),
    }
}

fn body(
    run: &Finished,
    place: &Place,
    inspector: &dyn StrategyInspector,
) -> Result<Value, Problem> {
    let bar = match place {
        Place::Bar(bar) => *bar,
        Place::At(at) => bar_at(run, *at),
    };
    let state = bar.and_then(|bar| state_at(run, bar)).ok_or_else(|| out_of_range(run))?;
    let explained = inspector.explain(&run.job.submission.spec, run.bars(), state.bar);
    let mut wire = wire(run, &state, explained.as_ref());
    if run.is_partial() {
        wire["partial"] = json!(true);
    }
    Ok(wire)
}

fn out_of_range(run: &Finished) -> Problem {
    let bars = run.bars();
    let last = bars.len().saturating_sub(1);
    let detail = format!(
        "the run has the bars 0 to {last}, from {} to {}",
        bars.timestamp(0),
        bars.timestamp(last)
    );
    Problem::new(Code::OutOfRange, detail)
}

fn wire(run: &Finished, state: &BarState, explained: Option<&Explanation>) -> Value {
    let working: Vec<Order> = state.working.iter().map(|i| as_of(run, *i, state.bar)).collect();
    let working: Vec<&Order> = working.iter().collect();
    let fills: Vec<usize> = state.fills.clone().collect();
    let open_trade = state.open_trade.as_ref().map(|open| wire::open_trade(open, run.bars()));
    // A strategy without rules has nothing to explain.
    let indicators = explained.map_or(json!({}), |explained| json!(explained.indicators));
    let rules = explained.map_or(json!({}), |explained| json!(explained.rules));
    json!({
        "bar": state.bar,
        "time": state.time.to_string(),
        "cash": state.cash,
        "position": state.position,
        "equity": state.equity,
        "drawdown": state.drawdown,
        "open_trade": open_trade,
        "working_orders": items(&rows::order_table(run.bars(), &working)),
        "fills": items(&rows::fills(run, &fills)),
        "indicators": indicators,
        "rules": rules,
    })
}

/// A waiting order as it was known then: nothing of it tells what happened later.
fn as_of(run: &Finished, order: usize, bar: usize) -> Order {
    let order = run.report.orders[order].clone();
    let fills = &run.report.fills[..run.fills_of(&(0..=bar)).end];
    let own = fills.iter().filter(|fill| fill.order_id == order.id);
    Order {
        status: OrderStatus::Working,
        reject_reason: None,
        ended_bar: None,
        filled_quantity: own.fold(0.0, |sum, fill| sum + fill.quantity),
        ..order
    }
}
