//! The body of `POST /backtests`.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;
use tapedeck_application::{BacktestRequest, DatasetChoice, FaultCode, FieldFault, StrategyChoice};
use tapedeck_domain::dataset::{Interval, Symbol};
use tapedeck_domain::id::{DatasetId, RequestId, StrategyId};
use tapedeck_domain::job::{LimitKind, Priority, Tag};
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::spec::{Check, Direction, Risk, RiskActive, RiskLevel};
use tapedeck_domain::time::Timestamp;

use super::execution::{CostsBody, ExecutionBody, SizingBody, costs, execution, sizing};
use super::fields::Faults;
use super::json::{Refusal, from_json};
use super::object::Object;

/// What a backtest is asked for with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Body {
    dataset_id: Option<String>,
    symbol: Option<String>,
    interval: Option<String>,
    from: Option<String>,
    to: Option<String>,
    strategy_id: Option<String>,
    strategy_version: Option<u32>,
    rules: Option<Value>,
    params: BTreeMap<String, f64>,
    seed: u64,
    capital: Option<f64>,
    direction: Direction,
    sizing: Option<Object<SizingBody>>,
    costs: Object<CostsBody>,
    risk: Object<RiskBody>,
    execution: Object<ExecutionBody>,
    benchmark: Option<Object<BenchmarkBody>>,
    checks: Vec<Check>,
    limits: Object<LimitsBody>,
    priority: Priority,
    tags: Vec<String>,
    force_new: bool,
    not_before: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RiskBody {
    stop_loss: Option<f64>,
    take_profit: Option<f64>,
    trailing_stop: Option<f64>,
    level: RiskLevel,
    active: RiskActive,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BenchmarkBody {
    dataset_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsBody {
    timeout_ms: Option<u64>,
    memory_mb: Option<u64>,
    cpu_ms: Option<u64>,
    bars: Option<u64>,
    orders: Option<u64>,
    log_lines: Option<u64>,
    output_bytes: Option<u64>,
}

impl LimitsBody {
    /// Those that something was said of.
    fn asked(&self) -> BTreeMap<LimitKind, u64> {
        let of = |kind: &LimitKind| match kind {
            LimitKind::TimeoutMs => self.timeout_ms,
            LimitKind::MemoryMb => self.memory_mb,
            LimitKind::CpuMs => self.cpu_ms,
            LimitKind::Bars => self.bars,
            LimitKind::Orders => self.orders,
            LimitKind::LogLines => self.log_lines,
            LimitKind::OutputBytes => self.output_bytes,
        };
        LimitKind::ALL.into_iter().filter_map(|kind| Some((kind, of(&kind)?))).collect()
    }
}

/// Reads a body. Values are checked one by one; whether they fit together is for the use case.
///
/// # Errors
/// See [`Refusal`].
pub fn parse_backtest(body: &[u8], request_id: RequestId) -> Result<BacktestRequest, Refusal> {
    let Object(body): Object<Body> = from_json(body)?;
    let mut faults = Faults::default();
    let strategy = strategy(&body, &mut faults);
    let dataset = dataset(&body, &mut faults);
    let from = faults.parsed("/from", body.from.as_deref(), Timestamp::from_str);
    let to = faults.parsed("/to", body.to.as_deref(), Timestamp::parse_inclusive_end);
    let capital = faults.number("/capital", body.capital.or(Some(DEFAULT_CAPITAL)));
    let sizing = sizing(body.sizing.as_ref().map(|sizing| &sizing.0), &mut faults);
    let costs = costs(&body.costs.0, &mut faults);
    let execution = execution(&body.execution.0, &mut faults);
    let benchmark = body.benchmark.as_ref().map(|benchmark| benchmark.0.dataset_id.as_str());
    let benchmark = faults.parsed("/benchmark/dataset_id", benchmark, DatasetId::from_str);
    let mut checks = body.checks;
    checks.sort();
    checks.dedup();
    let risk = Risk {
        stop_loss: faults.number("/risk/stop_loss", body.risk.0.stop_loss),
        take_profit: faults.number("/risk/take_profit", body.risk.0.take_profit),
        trailing_stop: faults.number("/risk/trailing_stop", body.risk.0.trailing_stop),
        level: body.risk.0.level,
        active: body.risk.0.active,
    };
    let tags = tags(&body.tags, &mut faults);
    let not_before = body.not_before.as_deref();
    let not_before = faults.parsed("/not_before", not_before, Timestamp::from_str);
    let complete = (strategy, dataset, capital, sizing, costs, execution, faults.0.is_empty());
    let (
        Some(strategy),
        Some(dataset),
        Some(capital),
        Some(sizing),
        Some(costs),
        Some(execution),
        true,
    ) = complete
    else {
        return Err(Refusal::Invalid(faults.0));
    };
    Ok(BacktestRequest {
        dataset: dataset.map_err(|()| Refusal::DatasetNotFound)?,
        from,
        to,
        strategy: strategy.map_err(|()| Refusal::StrategyNotFound)?,
        params: body.params,
        seed: body.seed,
        capital,
        direction: body.direction,
        sizing,
        costs,
        risk,
        execution,
        benchmark,
        checks,
        limits: body.limits.0.asked(),
        priority: body.priority,
        tags,
        force_new: body.force_new,
        not_before,
        request_id,
        trace: None,
    })
}

const DEFAULT_CAPITAL: f64 = 100_000.0;
const MAX_TAGS: usize = 32;

/// A malformed name is the 404 of its resource, so it is not a fault of the body.
fn dataset(body: &Body, faults: &mut Faults) -> Option<Result<DatasetChoice, ()>> {
    match (body.dataset_id.as_deref(), body.symbol.as_deref()) {
        (Some(id), None) if body.interval.is_none() => {
            Some(DatasetId::from_str(id).map(DatasetChoice::Id).map_err(drop))
        }
        (Some(_), _) => {
            let detail = "`dataset_id` stands alone, without `symbol` and `interval`";
            faults.add("/dataset_id", FaultCode::Range, detail);
            None
        }
        (None, Some(symbol)) => {
            let market = |text: &str| Symbol::try_from(text.to_owned());
            let symbol = faults.parsed("/symbol", Some(symbol), market);
            let interval = faults.required("/interval", body.interval.as_deref());
            let interval = faults.parsed("/interval", interval, Interval::from_str);
            for (pointer, end) in [("/from", &body.from), ("/to", &body.to)] {
                faults.required(pointer, end.as_deref());
            }
            Some(Ok(DatasetChoice::Market { symbol: symbol?, interval: interval? }))
        }
        (None, None) => {
            let detail = "give `dataset_id`, or `symbol`, `interval`, `from` and `to`";
            faults.add("/dataset_id", FaultCode::Missing, detail);
            None
        }
    }
}

/// Likewise.
fn strategy(body: &Body, faults: &mut Faults) -> Option<Result<StrategyChoice, ()>> {
    match (body.strategy_id.as_deref(), &body.rules) {
        (Some(id), None) => {
            let version = body.strategy_version;
            let named = |id| StrategyChoice::Named { id, version };
            Some(StrategyId::from_str(id).map(named).map_err(drop))
        }
        (None, Some(rules)) => {
            if body.strategy_version.is_some() {
                let detail = "only a strategy that is named by `strategy_id` has versions";
                faults.add("/strategy_version", FaultCode::Range, detail);
            }
            match RuleSet::parse(rules) {
                Ok(rules) => Some(Ok(StrategyChoice::Inline(Box::new(rules)))),
                Err(found) => {
                    let placed =
                        found.into_iter().map(|fault| FieldFault::of_rules("/rules", fault));
                    faults.0.extend(placed);
                    None
                }
            }
        }
        (Some(_), Some(_)) => {
            let detail = "give `strategy_id` or `rules`, not both";
            faults.add("/rules", FaultCode::Range, detail);
            None
        }
        (None, None) => {
            let detail = "`strategy_id` is required, or `rules` in its place";
            faults.add("/strategy_id", FaultCode::Missing, detail);
            None
        }
    }
}

fn tags(texts: &[String], faults: &mut Faults) -> Vec<Tag> {
    if texts.len() > MAX_TAGS {
        faults.add("/tags", FaultCode::Range, format!("at most {MAX_TAGS} tags"));
    }
    let parsed =
        texts.iter().enumerate().take(MAX_TAGS).filter_map(|(i, text)| {
            faults.parsed(&format!("/tags/{i}"), Some(text), Tag::from_str)
        });
    let mut tags: Vec<Tag> = parsed.collect();
    tags.sort();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<BacktestRequest, Refusal> {
        parse_backtest(body.as_bytes(), "r-1".parse().unwrap())
    }

    fn faults(body: &str) -> Vec<(String, FaultCode)> {
        match parse(body) {
            Err(Refusal::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
            }
            other => panic!("expected faults, got {other:?}"),
        }
    }

    fn fault(pointer: &str, code: FaultCode) -> (String, FaultCode) {
        (pointer.to_owned(), code)
    }

    #[test]
    fn only_dataset_and_strategy_are_required() {
        let request = parse(r#"{"dataset_id":"aapl-1d","strategy_id":"sma_crossover"}"#).unwrap();
        assert_eq!(request.capital.get(), 100_000.0);
        assert_eq!(request.seed, 0);
        let missing =
            [fault("/strategy_id", FaultCode::Missing), fault("/dataset_id", FaultCode::Missing)];
        assert_eq!(faults("{}"), missing);
    }

    #[test]
    fn text_that_is_no_json_is_told_from_json_of_another_shape() {
        for text in ["", "{", "nonsense", "{} {}", "{\"a\":1,}", "{\"zzz\":"] {
            assert!(matches!(parse(text), Err(Refusal::NotJson(_))), "{text}");
        }
        let not_utf8 = parse_backtest(b"{\"dataset_id\":\"\xff\"}", "r".parse().unwrap());
        assert!(matches!(not_utf8, Err(Refusal::NotJson(_))));
        assert_eq!(faults("[]"), [fault("", FaultCode::Type)]);
        assert_eq!(faults(r#"{"costs":[1]}"#), [fault("/costs", FaultCode::Type)]);
        assert_eq!(faults(r#"{"fees":1}"#), [fault("/fees", FaultCode::Unknown)]);
        assert_eq!(faults(r#"{"seed":"x"}"#), [fault("/seed", FaultCode::Type)]);
        assert_eq!(
            faults(r#"{"costs":{"spread":1}}"#),
            [fault("/costs/spread", FaultCode::Unknown)]
        );
        assert_eq!(faults(r#"{"params":{"fast":"x"}}"#), [fault("/params/fast", FaultCode::Type)]);
        assert_eq!(faults(r#"{"sizing":{"kind":"all_in","value":1}}"#)[0].0, "/sizing/kind");
    }

    #[test]
    fn every_value_out_of_range_is_named() {
        let found = faults(
            r#"{"dataset_id":"aapl-1d","strategy_id":"sma_crossover","from":"yesterday",
                "capital":0,"sizing":{"kind":"fixed_quantity","value":-1},
                "costs":{"commission_bps":-1,"slippage_bps":1,"slippage":{"kind":"bps","value":1}},
                "risk":{"stop_loss":1},"tags":["a b"],"not_before":"soon"}"#,
        );
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        let expected = [
            "/from",
            "/capital",
            "/sizing/value",
            "/costs/commission_bps",
            "/costs/slippage",
            "/risk/stop_loss",
            "/tags/0",
            "/not_before",
        ];
        assert_eq!(pointers, expected);
    }

    #[test]
    fn rules_stand_in_place_of_a_name_and_each_of_their_faults_is_placed() {
        let entry = r#"{"all":[{"op":"gt","left":"close","right":1}]}"#;
        let body = |more: &str| format!(r#"{{"dataset_id":"aapl-1d",{more}}}"#);
        let request = parse(&body(&format!(r#""rules":{{"entry":{entry}}}"#))).unwrap();
        assert!(matches!(request.strategy, StrategyChoice::Inline(_)));
        let both = format!(r#""strategy_id":"momentum","rules":{{"entry":{entry}}}"#);
        assert_eq!(faults(&body(&both)), [fault("/rules", FaultCode::Range)]);
        let versioned = format!(r#""strategy_version":1,"rules":{{"entry":{entry}}}"#);
        let expected = [fault("/strategy_version", FaultCode::Range)];
        assert_eq!(faults(&body(&versioned)), expected);
        let bad = r#""rules":{"entry":{"all":[]},"exit":1}"#;
        let expected =
            [fault("/rules/entry/all", FaultCode::Range), fault("/rules/exit", FaultCode::Type)];
        assert_eq!(faults(&body(bad)), expected);
    }

    #[test]
    fn json_that_is_nested_too_deep_is_json() {
        let deep = format!("{}1{}", r#"{"all":["#.repeat(1_000), "]}".repeat(1_000));
        let body = format!(r#"{{"dataset_id":"aapl-1d","rules":{{"entry":{deep}}}}}"#);
        let Err(Refusal::Invalid(faults)) = parse(&body) else { panic!("accepted") };
        assert_eq!((faults.len(), faults[0].code), (1, FaultCode::Range));
        assert!(faults[0].pointer.starts_with("/rules/entry/all/0"), "{faults:?}");
        assert!(faults[0].detail.starts_with("nested too deep"), "{faults:?}");
    }

    #[test]
    fn a_malformed_name_is_the_404_of_its_resource() {
        let refusal = parse(r#"{"dataset_id":"../x","strategy_id":"sma_crossover"}"#);
        assert_eq!(refusal, Err(Refusal::DatasetNotFound));
        let refusal = parse(r#"{"dataset_id":"aapl-1d","strategy_id":"SMA"}"#);
        assert_eq!(refusal, Err(Refusal::StrategyNotFound));
    }
}
