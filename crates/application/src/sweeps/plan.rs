//! From a request to a plan, or every reason why not.

use std::collections::BTreeMap;

use tapedeck_domain::strategy::{ParamValue, Params, Strategy};
use tapedeck_domain::sweep::{Constraint, Filter, Operand, Search, SweepPlan, TooMany, is_metric};

use super::axis::{Axis, SweepLimits, values};
use crate::prepare::escaped;
use crate::request::{BacktestRequest, FaultCode, FieldFault};

/// What a client asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepRequest {
    /// A backtest without the swept parameters.
    pub backtest: BacktestRequest,
    /// The swept parameters.
    pub parameters: BTreeMap<String, Axis>,
    /// What combinations must fulfil to be part of the search.
    pub constraints: Vec<Constraint>,
    /// Which of them are run.
    pub search: Search,
    /// The key of the statistic that the best combination is best in.
    pub objective: String,
    /// What a row must fulfil to be listed, and to be the best.
    pub filters: Vec<Filter>,
}

/// The plan of a request, but for what depends on the parameters that are not swept.
pub(super) fn plan(
    request: &SweepRequest,
    strategy: &Strategy,
    limits: SweepLimits,
) -> Result<SweepPlan, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let parameters = parameters(request, strategy, limits, &mut faults);
    for (i, constraint) in request.constraints.iter().enumerate() {
        operand(&constraint.left, &format!("/constraints/{i}/left"), strategy, &mut faults);
        operand(&constraint.right, &format!("/constraints/{i}/right"), strategy, &mut faults);
    }
    metric(&request.objective, "/objective", &mut faults);
    for (i, filter) in request.filters.iter().enumerate() {
        metric(&filter.metric, &format!("/filters/{i}/metric"), &mut faults);
    }
    if let Search::Random { samples, .. } = request.search
        && !(1..=limits.combinations).contains(&samples)
    {
        let detail = format!("must be from 1 to {}, which this server runs", limits.combinations);
        faults.push(fault("/search/samples", FaultCode::Range, detail));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(SweepPlan {
        parameters,
        constraints: request.constraints.clone(),
        ordered: strategy.ordered.clone(),
        search: request.search,
        objective: request.objective.clone(),
        filters: request.filters.clone(),
        combinations: 0,
        excluded: None,
    })
}

/// The plan with the number of its combinations.
pub(super) fn counted(
    plan: SweepPlan,
    fixed: &Params,
    limits: SweepLimits,
) -> Result<SweepPlan, Vec<FieldFault>> {
    match plan.combinations(fixed, limits.combinations) {
        Ok(chosen) if chosen.is_empty() => {
            let detail = match chosen.excluded {
                Some(excluded) if excluded > 0 => format!(
                    "no combination is left: {excluded} fulfil the constraints, and the strategy \
                     can take none of them"
                ),
                _ => "no combination fulfils the constraints".to_owned(),
            };
            Err(vec![fault("/parameters", FaultCode::Range, detail)])
        }
        Ok(chosen) => {
            let combinations = chosen.len() as u64;
            Ok(SweepPlan { combinations, excluded: chosen.excluded, ..plan })
        }
        Err(TooMany { count }) => {
            let detail = format!(
                "there are {count} combinations; this server runs at most {} in a sweep",
                limits.combinations
            );
            Err(vec![fault("/parameters", FaultCode::Range, detail)])
        }
    }
}

fn fault(pointer: &str, code: FaultCode, detail: String) -> FieldFault {
    FieldFault { pointer: pointer.to_owned(), code, detail }
}

fn parameters(
    request: &SweepRequest,
    strategy: &Strategy,
    limits: SweepLimits,
    faults: &mut Vec<FieldFault>,
) -> BTreeMap<String, Vec<ParamValue>> {
    if request.parameters.is_empty() {
        let detail = "at least one parameter must be swept".to_owned();
        faults.push(fault("/parameters", FaultCode::Missing, detail));
    }
    let mut swept = BTreeMap::new();
    for (name, axis) in &request.parameters {
        if request.backtest.params.contains_key(name) {
            let pointer = format!("/backtest/params/{}", escaped(name));
            let detail = format!("`{name}` is swept, so it has no value of its own");
            faults.push(fault(&pointer, FaultCode::Range, detail));
        }
        match strategy.params.iter().find(|schema| schema.name == *name) {
            Some(schema) => match values(schema, axis, limits) {
                Ok(values) => drop(swept.insert(name.clone(), values)),
                Err(wrong) => faults.extend(wrong),
            },
            None => {
                let pointer = format!("/parameters/{}", escaped(name));
                faults.push(fault(&pointer, FaultCode::Unknown, unknown(strategy)));
            }
        }
    }
    swept
}

fn operand(side: &Operand, pointer: &str, strategy: &Strategy, faults: &mut Vec<FieldFault>) {
    let Operand::Param(name) = side else { return };
    if strategy.params.iter().all(|schema| schema.name != *name) {
        faults.push(fault(pointer, FaultCode::Unknown, unknown(strategy)));
    }
}

fn metric(key: &str, pointer: &str, faults: &mut Vec<FieldFault>) {
    if !is_metric(key) {
        let detail = format!("`{key}` is no statistic of a run");
        faults.push(fault(pointer, FaultCode::Unknown, detail));
    }
}

fn unknown(strategy: &Strategy) -> String {
    let names: Vec<&str> = strategy.params.iter().map(|schema| schema.name.as_str()).collect();
    match names.as_slice() {
        [] => "the strategy takes no parameters".to_owned(),
        names => format!("no such parameter; there are {}", names.join(", ")),
    }
}
