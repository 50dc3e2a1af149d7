//! The body of `POST /sweeps`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use tapedeck_application::{Axis, BacktestRequest, FaultCode, FieldFault, SweepRequest};
use tapedeck_domain::id::RequestId;
use tapedeck_domain::sweep::{Comparison, Constraint, Filter, Operand, Search};

use super::fields::Faults;
use super::json::{Refusal, from_json};
use super::object::Object;
use super::request::parse_backtest;

/// What a sweep is asked for with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Body {
    backtest: Option<Map<String, Value>>,
    parameters: BTreeMap<String, Object<AxisBody>>,
    constraints: Vec<Object<ConstraintBody>>,
    search: Option<Object<SearchBody>>,
    objective: Option<String>,
    filters: Vec<Object<FilterBody>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AxisBody {
    from: Option<f64>,
    to: Option<f64>,
    step: Option<f64>,
    values: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstraintBody {
    left: Operand,
    op: Comparison,
    right: Operand,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterBody {
    metric: String,
    op: Comparison,
    value: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchBody {
    kind: SearchKind,
    samples: Option<u64>,
    seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SearchKind {
    Grid,
    Random,
}

/// The statistic that a sweep is best in when nothing is said.
const DEFAULT_OBJECTIVE: &str = "sharpe";
/// Constraints, and filters, at most: each is looked at for every combination.
const MAX_CONDITIONS: usize = 32;

/// Reads a body. Values are checked one by one; whether they fit together is for the use case.
///
/// # Errors
/// See [`Refusal`]. Pointers into the backtest begin with `/backtest`.
pub fn parse_sweep(body: &[u8], request_id: RequestId) -> Result<SweepRequest, Refusal> {
    let Object(body): Object<Body> = from_json(body)?;
    let mut faults = Faults::default();
    let parameters = body.parameters.iter().filter_map(|(name, Object(axis))| {
        Some((name.clone(), self::axis(name, axis, &mut faults)?))
    });
    let parameters: BTreeMap<String, Axis> = parameters.collect();
    for (pointer, count) in
        [("/constraints", body.constraints.len()), ("/filters", body.filters.len())]
    {
        if count > MAX_CONDITIONS {
            faults.add(pointer, FaultCode::Range, format!("at most {MAX_CONDITIONS}"));
        }
    }
    let search = search(body.search.map(|search| search.0), &mut faults);
    let backtest = match body.backtest {
        Some(backtest) => nested(backtest, request_id, &mut faults)?,
        None => {
            faults.add("/backtest", FaultCode::Missing, "`backtest` is required");
            None
        }
    };
    let (Some(backtest), Some(search), true) = (backtest, search, faults.0.is_empty()) else {
        return Err(Refusal::Invalid(faults.0));
    };
    let constraint =
        |Object(c): Object<ConstraintBody>| Constraint { left: c.left, op: c.op, right: c.right };
    let filter =
        |Object(f): Object<FilterBody>| Filter { metric: f.metric, op: f.op, value: f.value };
    Ok(SweepRequest {
        backtest,
        parameters,
        constraints: body.constraints.into_iter().map(constraint).collect(),
        search,
        objective: body.objective.unwrap_or_else(|| DEFAULT_OBJECTIVE.to_owned()),
        filters: body.filters.into_iter().map(filter).collect(),
    })
}

/// The body of the backtest, read as one of its own.
fn nested(
    body: Map<String, Value>,
    request_id: RequestId,
    faults: &mut Faults,
) -> Result<Option<BacktestRequest>, Refusal> {
    let text = Value::Object(body).to_string();
    match parse_backtest(text.as_bytes(), request_id) {
        Ok(request) => Ok(Some(request)),
        Err(Refusal::Invalid(inner)) => {
            faults.0.extend(inner.into_iter().map(|fault| FieldFault {
                pointer: format!("/backtest{}", fault.pointer),
                ..fault
            }));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Either values, or a range.
fn axis(name: &str, body: &AxisBody, faults: &mut Faults) -> Option<Axis> {
    let at = format!("/parameters/{}", name.replace('~', "~0").replace('/', "~1"));
    let AxisBody { from, to, step, values } = body;
    let in_range = [("from", from), ("to", to), ("step", step)];
    if let Some(values) = values {
        let given: Vec<_> = in_range.iter().filter(|(_, value)| value.is_some()).collect();
        for (name, _) in &given {
            let detail = "give `values`, or `from`, `to` and `step`, not both";
            faults.add(&format!("{at}/{name}"), FaultCode::Range, detail);
        }
        return given.is_empty().then(|| Axis::List(values.clone()));
    }
    for (name, _) in in_range[..2].iter().filter(|(_, value)| value.is_none()) {
        let detail = format!("`{name}` is required where there are no `values`");
        faults.add(&format!("{at}/{name}"), FaultCode::Missing, detail);
    }
    Some(Axis::Range { from: (*from)?, to: (*to)?, step: *step })
}

fn search(body: Option<SearchBody>, faults: &mut Faults) -> Option<Search> {
    let Some(SearchBody { kind, samples, seed }) = body else { return Some(Search::default()) };
    match (kind, samples) {
        (SearchKind::Random, Some(samples)) => {
            Some(Search::Random { samples, seed: seed.unwrap_or(0) })
        }
        (SearchKind::Random, None) => {
            let detail = "a random search needs `samples`";
            faults.add("/search/samples", FaultCode::Missing, detail);
            None
        }
        (SearchKind::Grid, _) => {
            for (name, given) in [("samples", samples.is_some()), ("seed", seed.is_some())] {
                if given {
                    let detail = format!("a grid search has no `{name}`");
                    faults.add(&format!("/search/{name}"), FaultCode::Unknown, detail);
                }
            }
            (samples.is_none() && seed.is_none()).then_some(Search::Grid)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<SweepRequest, Refusal> {
        parse_sweep(body.as_bytes(), "r-1".parse().unwrap())
    }

    fn pointers(body: &str) -> Vec<String> {
        match parse(body) {
            Err(Refusal::Invalid(faults)) => {
                faults.into_iter().map(|fault| fault.pointer).collect()
            }
            other => panic!("expected faults, got {other:?}"),
        }
    }

    #[test]
    fn only_the_backtest_is_required_here() {
        let request = parse(
            r#"{"backtest":{"dataset_id":"aapl-1d","strategy_id":"sma_crossover"},
                "parameters":{"fast":{"from":5,"to":9},"slow":{"values":[35,39.5]}}}"#,
        );
        let request = request.unwrap();
        assert_eq!((request.search, request.objective.as_str()), (Search::Grid, "sharpe"));
        assert_eq!(request.parameters["slow"], Axis::List(vec![35.0, 39.5]));
        let range = Axis::Range { from: 5.0, to: 9.0, step: None };
        assert_eq!(request.parameters["fast"], range);
        assert_eq!(pointers("{}"), ["/backtest"]);
    }

    #[test]
    fn faults_of_the_backtest_are_told_with_the_others() {
        let found = pointers(
            r#"{"backtest":{"dataset_id":"aapl-1d","capital":0},
                "parameters":{"a/b":{"from":1},"c":{"values":[1],"step":1}},
                "search":{"kind":"random"}}"#,
        );
        let expected = [
            "/parameters/a~1b/to",
            "/parameters/c/step",
            "/search/samples",
            "/backtest/strategy_id",
            "/backtest/capital",
        ];
        assert_eq!(found, expected);
        assert_eq!(pointers(r#"{"backtest":{"fees":1}}"#), ["/backtest/fees"]);
        assert_eq!(pointers(r#"{"backtest":[]}"#), ["/backtest"]);
        assert_eq!(pointers(r#"{"zzz":1}"#), ["/zzz"]);
    }

    #[test]
    fn every_part_has_its_shape() {
        for (part, pointer) in [
            (r#""constraints":[{"left":"a","op":"below","right":1}]"#, "/constraints/0/op"),
            (r#""constraints":[{"left":"a","op":"lt","right":null}]"#, "/constraints/0/right"),
            (r#""constraints":[["a","lt","b"]]"#, "/constraints/0"),
            (r#""filters":[{"metric":"sharpe","op":"gt","value":"1"}]"#, "/filters/0/value"),
            (r#""search":{"kind":"genetic"}"#, "/search/kind"),
            (r#""search":{"kind":"grid","seed":1},"backtest":{}"#, "/search/seed"),
            (r#""parameters":{"fast":[1,2]}"#, "/parameters/fast"),
            (r#""parameters":{"fast":{"values":["x"]}}"#, "/parameters/fast/values/0"),
        ] {
            assert_eq!(pointers(&format!("{{{part}}}"))[0], pointer, "{part}");
        }
        let many = vec![r#"{"metric":"sharpe","op":"gt","value":1}"#; 33].join(",");
        assert_eq!(pointers(&format!(r#"{{"filters":[{many}]}}"#))[0], "/filters");
    }
}
