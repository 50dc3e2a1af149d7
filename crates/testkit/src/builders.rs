//! Jobs, datasets and reports to start from: valid, small, and equal at every call.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tapedeck_domain::actor::{Actor, Requester};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::bars::{Bars, Columns};
use tapedeck_domain::chain::HashChain;
use tapedeck_domain::dataset::{Dataset, DatasetDescription, DatasetRef, Interval, Symbol};
use tapedeck_domain::id::{BacktestId, LeaseId, WorkerId};
use tapedeck_domain::job::{Backtest, Lease, Limits, LoggedEvent, Priority, Submission};
use tapedeck_domain::manifest::{Build, Manifest};
use tapedeck_domain::metrics::{Definition, Figure, Metrics, RunFigures, TradeFigures, Undefined};
use tapedeck_domain::number::{Capital, Quantity};
use tapedeck_domain::port::{Idempotency, NewJob, Removal};
use tapedeck_domain::report::{CheckResult, EnvelopePoint, LogLevel, LogLine, Report};
use tapedeck_domain::spec::{
    Check, Costs, Direction, Execution, Intrabar, Risk, Sizing, Specification,
};
use tapedeck_domain::stored_strategy::{StoredStrategy, StrategyDraft};
use tapedeck_domain::strategy::{ParamValue, Params, StrategyKind, built_ins};
use tapedeck_domain::sweep::{
    Comparison, Constraint, Filter, Operand, RowFigures, RowOutcome, Search, SweepPlan,
    SweepReport, SweepRow,
};
use tapedeck_domain::time::{DAY_NS, Timestamp};
use tapedeck_domain::trading::{
    ExitReason, Fill, OpenTrade, Order, OrderKind, OrderSide, OrderStatus, RejectReason, Trade,
    TradeSide,
};

pub use crate::ids::nth_id;

/// Bars of [`bars`].
pub const BARS: usize = 5;

/// 2024-01-01, the first moment of everything here, plus `days`.
pub fn day(days: i64) -> Timestamp {
    "2024-01-01".parse::<Timestamp>().unwrap().saturating_add_nanos(days * DAY_NS)
}

/// Daily bars from 2024-01-01, whose closes rise from `first` by one.
pub fn bars_from(first: f64) -> Bars {
    let time = (0..BARS as i64).map(|i| day(i).as_nanos()).collect();
    let close: Vec<f64> = (0..BARS).map(|i| first + i as f64).collect();
    let moved = |by: f64| close.iter().map(|price| price + by).collect::<Vec<f64>>();
    let (open, high, low) = (moved(-0.1), moved(0.7), moved(-0.3));
    let volume = vec![0.1 + 0.2; BARS];
    Bars::new(Columns { time, open, high, low, close, volume, quotes: None }).unwrap()
}

/// Daily bars from 2024-01-01.
pub fn bars() -> Bars {
    bars_from(100.0)
}

/// A dataset named `id` of daily `symbol` bars.
pub fn dataset(id: &str, symbol: &str, bars: &Bars) -> Dataset {
    let description = DatasetDescription {
        id: id.parse().unwrap(),
        symbol: Some(self::symbol(symbol)),
        interval: None,
        warnings: vec!["made for a test".to_owned()],
        source: Some("testkit".to_owned()),
    };
    Dataset::describe(description, bars, day(0))
}

/// A symbol.
pub fn symbol(text: &str) -> Symbol {
    Symbol::try_from(text.to_owned()).unwrap()
}

/// A crossover over [`bars`], free of costs. Equal but for `seed`.
pub fn specification(seed: u64) -> Specification {
    let strategy = &built_ins()[0];
    let params = BTreeMap::from([("fast".to_owned(), 1.0), ("slow".to_owned(), 2.0)]);
    Specification {
        dataset: DatasetRef {
            id: "test-1d".parse().unwrap(),
            version: 1,
            content_hash: bars().content_hash(),
            periods_per_year: 365,
        },
        from: day(0),
        to: day(BARS as i64 - 1),
        strategy: strategy.reference.clone(),
        rules: None,
        guest: None,
        params: strategy.params(&params).unwrap(),
        seed,
        capital: Capital::try_from(1e5).unwrap(),
        direction: Direction::Long,
        sizing: Sizing::FixedQuantity { value: Quantity::try_from(1.0).unwrap() },
        costs: Costs::default(),
        risk: Risk::default(),
        execution: Execution::default(),
        benchmark: None,
        checks: Vec::new(),
    }
}

/// What asks for [`specification`]`(seed)`.
pub fn submission(seed: u64) -> Submission {
    let spec = specification(seed);
    Submission {
        input_hash: spec.input_hash("1"),
        spec,
        sweep: None,
        symbol: symbol("TEST"),
        interval: Interval::from_nanos(DAY_NS).unwrap(),
        bars: BARS as u64,
        summary: "in and out".to_owned(),
        limits: Limits::of_time_and_memory(60_000, 64),
        priority: Priority::Interactive,
        tags: Vec::new(),
        force_new: false,
        request_id: "request-0".parse().unwrap(),
        trace: None,
        not_before: None,
        rerun_of: None,
    }
}

/// A sweep of two by three combinations, all of which the strategy can take.
pub fn plan() -> SweepPlan {
    let whole = |from: i64, to: i64| (from..=to).map(ParamValue::Integer).collect();
    SweepPlan {
        parameters: [("fast".to_owned(), whole(1, 2)), ("slow".to_owned(), whole(3, 5))].into(),
        constraints: vec![Constraint {
            left: Operand::Param("fast".to_owned()),
            op: Comparison::Lt,
            right: Operand::Number(10.0),
        }],
        ordered: vec![("fast".to_owned(), "slow".to_owned())],
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: vec![Filter { metric: "trades".to_owned(), op: Comparison::Gte, value: 0.5 }],
        combinations: 6,
        excluded: Some(0),
    }
}

/// What asks for [`plan`] around [`specification`]`(seed)`.
pub fn sweep_submission(seed: u64) -> Submission {
    let (submission, plan) = (submission(seed), plan());
    let input_hash = plan.input_hash(&submission.spec, "1");
    Submission { input_hash, sweep: Some(plan), ..submission }
}

/// The `n`-th id.
pub fn id(n: u64) -> BacktestId {
    BacktestId::from_uuid(nth_id(n))
}

/// The `n`-th lease, of the worker 7.
pub fn lease(n: u64) -> Lease {
    let worker = WorkerId::from_uuid(nth_id(7));
    Lease { id: LeaseId::from_uuid(nth_id(n)), worker }
}

/// The job `n`, unlike all others, submitted at second `n`; with the first entry of its log.
pub fn job(n: u64) -> (Backtest, LoggedEvent) {
    let at = day(0).saturating_add_nanos(i64::try_from(n).unwrap() * 1_000_000_000);
    Backtest::submit(id(n), submission(n), at)
}

/// The job `n`, to be added without a key to a queue that has room.
pub fn new_job(n: u64) -> NewJob {
    new_job_of(n, |_| ())
}

/// The same, changed before it is submitted.
pub fn new_job_of(n: u64, change: impl FnOnce(&mut Submission)) -> NewJob {
    let (mut job, event) = job(n);
    change(&mut job.submission);
    NewJob { job, event, idempotency: None, queue_limit: 1_000 }
}

/// A client's key of the scope `default`.
pub fn idempotency(key: &str, body_hash: &str) -> Idempotency {
    let (scope, body_hash) = ("default".to_owned(), body_hash.to_owned());
    Idempotency { scope, key: key.parse().unwrap(), body_hash }
}

/// A manifest of the run of `job`.
pub fn manifest(job: &Backtest) -> Manifest {
    Manifest {
        version: 1,
        backtest_id: job.id,
        specification: job.submission.spec.clone(),
        input_hash: job.submission.input_hash.clone(),
        engine_version: "1".to_owned(),
        build: build(),
        created_at: day(1),
    }
}

/// A build of the server.
pub fn build() -> Build {
    let text = |text: &str| text.to_owned();
    Build { version: text("0.0.0"), revision: text("unknown"), architecture: text("test") }
}

/// A whole report with numbers that are easily written wrong.
pub fn report() -> Report {
    Report {
        engine_version: "1".to_owned(),
        bars_done: BARS,
        bars_total: BARS,
        orders: vec![order(1, OrderKind::Market), order(2, OrderKind::Stop), rejected(3)],
        fills: vec![fill(1, OrderSide::Buy, 0.1 + 0.2), fill(2, OrderSide::Sell, 1e-300)],
        trades: vec![trade()],
        open_trade: Some(OpenTrade {
            side: TradeSide::Short,
            quantity: 1.0 / 3.0,
            entry_bar: 4,
            entry_price: 104.1,
            commission: 5e-324,
            open_pnl: -0.0,
        }),
        metrics: Some(metrics()),
        chain: HashChain(vec!["ab".repeat(32)]),
        envelope: vec![EnvelopePoint {
            intrabar: Intrabar::Optimistic,
            end_equity: 0.1 + 0.2,
            max_drawdown: 5e-324,
        }],
        checks: vec![CheckResult {
            check: Check::Lookahead,
            passed: false,
            samples: 3,
            first_bar: Some(2),
            detail: "it looked".to_owned(),
        }],
        log: vec![LogLine { bar: 1, level: LogLevel::Warn, message: "not enough cash".to_owned() }],
        log_dropped: 7,
        fuel: Some(12_345),
    }
}

/// What is left of [`report`] when the run is stopped after `bars_done` bars.
pub fn partial_report(bars_done: u64) -> Report {
    let bars_done = usize::try_from(bars_done).unwrap();
    Report { bars_done, open_trade: None, trades: Vec::new(), ..report() }
}

/// A version of a stored strategy, which is in while the close is above its number.
pub fn stored_strategy(id: &str, version: u32) -> StoredStrategy {
    let draft = StrategyDraft {
        kind: StrategyKind::Rules,
        name: Some(format!("Strategy {id}")),
        description: Some("made for a test".to_owned()),
        definition: json!({
            "entry": {"all": [{"op": "gt", "left": "close", "right": version}]},
            "exit": {"any": [{"op": "lte", "left": "close", "right": version}]},
        }),
    };
    let mut strategy = StoredStrategy::first(id.parse().unwrap(), draft, day(0));
    strategy.reference.version = version;
    strategy
}

/// Figures with and without a value. They are read from JSON because they are too many to write.
fn metrics() -> Metrics {
    let numbers = [0.1 + 0.2, -0.0, 5e-324, f64::MAX, 1.0 / 3.0, 7.0];
    let figures = |definitions: &[Definition]| -> Value {
        let keys = definitions.iter().map(|definition| definition.key.to_owned());
        let undefined = std::iter::once(json!("no_trades"));
        let values = numbers.iter().map(|number| json!(number)).chain(undefined);
        keys.zip(values.cycle()).collect::<serde_json::Map<_, _>>().into()
    };
    let trades = figures(TradeFigures::DEFINITIONS);
    let all = json!({
        "start": day(0), "end": day(4), "periods_per_year": 365,
        "run": figures(RunFigures::DEFINITIONS), "all": trades, "long": trades, "short": trades,
    });
    serde_json::from_value(all).unwrap()
}

/// The first `n` rows of the sweep of [`plan`], one of them failed, with numbers that are easily
/// written wrong.
pub fn sweep_report(n: u64) -> SweepReport {
    let combinations = plan().combinations(&Params::default(), 100).unwrap();
    let metrics = metrics();
    let row = |k: u64| SweepRow {
        combination: k,
        params: combinations.swept(usize::try_from(k).unwrap()),
        outcome: if k == 1 {
            RowOutcome::Failed("no such length, \"0\"".to_owned())
        } else {
            let (run, trades) = (metrics.run.clone(), metrics.all.clone());
            RowOutcome::Figures(Box::new(RowFigures { run, trades }))
        },
    };
    SweepReport {
        engine_version: "1".to_owned(),
        combinations: 6,
        rows: (0..n).map(row).collect(),
        best: (n > 0).then_some(0),
        deflated_sharpe: if n < 2 {
            Figure::Undefined(Undefined::TooShort)
        } else {
            Figure::Value(0.1 + 0.2)
        },
    }
}

fn order(id: u64, kind: OrderKind) -> Order {
    Order {
        id,
        bar: 0,
        kind,
        side: OrderSide::Buy,
        quantity: f64::MAX,
        filled_quantity: 1.0 / 3.0,
        limit_price: None,
        stop_price: (kind == OrderKind::Stop).then_some(99.9),
        status: OrderStatus::Filled,
        reject_reason: None,
        ended_bar: (id == 1).then_some(1),
    }
}

fn rejected(id: u64) -> Order {
    Order {
        status: OrderStatus::Rejected,
        reject_reason: Some(RejectReason::InsufficientCash),
        limit_price: Some(f64::MIN_POSITIVE),
        ..order(id, OrderKind::Limit)
    }
}

fn fill(id: u64, side: OrderSide, price: f64) -> Fill {
    let (order_id, bar, quantity) = (id, 1, 1.0);
    Fill { id, order_id, bar, side, quantity, price, commission: -0.0, slippage: 1e300 }
}

fn trade() -> Trade {
    Trade {
        id: 1,
        side: TradeSide::Long,
        quantity: 1.0,
        entry_bar: 1,
        entry_price: 0.1 + 0.2,
        exit_bar: 3,
        exit_price: 1e-300,
        pnl: -0.30000000000000004,
        r#return: -1.0,
        commission: 0.0,
        mae: -0.3,
        mfe: -0.0,
        exit_reason: ExitReason::StopLoss,
    }
}

/// What the removal of a job says of itself.
pub fn removal(id: BacktestId, revision: u64) -> Removal {
    let audit = AuditEntry {
        at: day(10),
        actor: Actor::anonymous(),
        action: "backtest.delete".to_owned(),
        subject: format!("backtests/{id}"),
        request_id: Some("request-2".parse().unwrap()),
        before: None,
        after: None,
    };
    Removal { id, revision, audit }
}

/// Somebody, by the request of this id.
pub fn requester(request_id: &str) -> Requester {
    Requester { actor: Actor::anonymous(), request_id: request_id.parse().unwrap() }
}
