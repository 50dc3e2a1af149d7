use super::*;
use crate::sweep::Values;

fn plan(parameters: &[(&str, Values)]) -> SweepPlan {
    let whole = |values: &Values| {
        values.expand().into_iter().map(|value| ParamValue::Integer(value as i64)).collect()
    };
    SweepPlan {
        parameters: parameters
            .iter()
            .map(|(name, values)| ((*name).to_owned(), whole(values)))
            .collect(),
        constraints: Vec::new(),
        ordered: Vec::new(),
        search: Search::Grid,
        objective: "sharpe".to_owned(),
        filters: Vec::new(),
        combinations: 0,
        excluded: None,
    }
}

fn range(from: f64, to: f64, step: f64) -> Values {
    Values::Range { from, to, step }
}

fn w2() -> SweepPlan {
    plan(&[("slow", range(35.0, 191.0, 4.0)), ("fast", range(5.0, 29.0, 1.0))])
}

fn pairs(combinations: &Combinations) -> Vec<(f64, f64)> {
    let value = |params: &Params, name| params.get(name).unwrap().as_f64();
    let all = (0..combinations.len()).map(|i| combinations.swept(i));
    all.map(|params| (value(&params, "fast"), value(&params, "slow"))).collect()
}

fn constraint(left: Operand, op: Comparison, right: Operand) -> Constraint {
    Constraint { left, op, right }
}

fn named(name: &str) -> Operand {
    Operand::Param(name.to_owned())
}

#[test]
fn a_grid_is_walked_by_name_the_last_innermost() {
    let all = w2().combinations(&Params::default(), 1_000).unwrap();
    let pairs = pairs(&all);
    assert_eq!(pairs.len(), 1_000);
    assert_eq!(&pairs[..2], [(5.0, 35.0), (5.0, 39.0)]);
    assert_eq!(pairs[40], (6.0, 35.0));
    assert_eq!(pairs[999], (29.0, 191.0));
    assert_eq!(all.excluded, Some(0));
}

#[test]
fn constraints_compare_parameters_and_numbers() {
    let mut plan = plan(&[("fast", range(1.0, 4.0, 1.0)), ("slow", range(1.0, 4.0, 1.0))]);
    let of = |plan: &SweepPlan| pairs(&plan.combinations(&Params::default(), 100).unwrap());
    plan.constraints = vec![constraint(named("fast"), Comparison::Lt, named("slow"))];
    assert_eq!(of(&plan).len(), 6);
    plan.constraints.push(constraint(named("slow"), Comparison::Ne, Operand::Number(4.0)));
    assert_eq!(of(&plan), [(1.0, 2.0), (1.0, 3.0), (2.0, 3.0)]);
    plan.constraints.push(constraint(Operand::Number(2.0), Comparison::Gte, named("fast")));
    plan.constraints.push(constraint(named("fast"), Comparison::Gt, Operand::Number(1.0)));
    assert_eq!(of(&plan), [(2.0, 3.0)]);
    plan.constraints.push(constraint(named("fast"), Comparison::Eq, named("slow")));
    assert_eq!(of(&plan), []);
}

#[test]
fn constraints_see_parameters_that_are_not_swept() {
    let mut plan = plan(&[("fast", range(1.0, 9.0, 1.0))]);
    plan.constraints = vec![constraint(named("fast"), Comparison::Lte, named("slow"))];
    let fixed: Params = [("slow".to_owned(), ParamValue::Integer(3))].into_iter().collect();
    assert_eq!(plan.combinations(&fixed, 100).unwrap().len(), 3);
}

#[test]
fn what_the_strategy_cannot_take_is_excluded_and_counted() {
    let mut plan = plan(&[("fast", range(1.0, 4.0, 1.0)), ("slow", range(1.0, 4.0, 1.0))]);
    plan.ordered = vec![("fast".to_owned(), "slow".to_owned())];
    let all = plan.combinations(&Params::default(), 100).unwrap();
    assert_eq!((all.len(), all.excluded), (6, Some(10)));
    plan.constraints = vec![constraint(named("fast"), Comparison::Lt, named("slow"))];
    let all = plan.combinations(&Params::default(), 100).unwrap();
    assert_eq!((all.len(), all.excluded), (6, Some(0)), "constraints come first");
}

#[test]
fn a_random_search_draws_the_same_combinations_for_the_same_seed() {
    let drawn = |samples, seed| {
        let mut plan = w2();
        plan.constraints = vec![constraint(named("fast"), Comparison::Lt, Operand::Number(10.0))];
        plan.search = Search::Random { samples, seed };
        pairs(&plan.combinations(&Params::default(), 1_000).unwrap())
    };
    let sample = drawn(30, 1);
    assert_eq!(sample.len(), 30);
    assert_eq!(sample, drawn(30, 1));
    assert_ne!(sample, drawn(30, 2));
    assert!(sample.iter().all(|(fast, _)| *fast < 10.0));
    assert!(sample.is_sorted_by(|a, b| a < b), "in the order of the grid, each once");
    assert_eq!(drawn(1_000, 1).len(), 200, "all, when there are no more");
}

#[test]
fn a_random_search_needs_no_list_of_its_grid() {
    let names: Vec<String> = (0..40).map(|k| format!("p{k:02}")).collect();
    let axes: Vec<_> = names.iter().map(|name| (name.as_str(), range(1.0, 1_000.0, 1.0))).collect();
    let mut plan = plan(&axes);
    assert_eq!(plan.grid_size(), u128::MAX);
    plan.ordered = vec![("p00".to_owned(), "p01".to_owned())];
    plan.search = Search::Random { samples: 200, seed: 1 };
    let drawn = plan.combinations(&Params::default(), 1_000).unwrap();
    assert_eq!((drawn.len(), drawn.excluded), (200, None));
    assert_eq!(drawn, plan.combinations(&Params::default(), 1_000).unwrap());
    let value = |params: &Params, name| params.get(name).unwrap().as_f64();
    assert!((0..200).map(|i| drawn.swept(i)).all(|p| value(&p, "p00") < value(&p, "p01")));
}

#[test]
fn too_many_combinations_are_counted_and_not_made() {
    let refused =
        |plan: &SweepPlan, limit| plan.combinations(&Params::default(), limit).unwrap_err().count;
    assert_eq!(refused(&w2(), 999), 1_000);
    let mut constrained = w2();
    constrained.constraints = vec![constraint(named("fast"), Comparison::Eq, Operand::Number(5.0))];
    assert_eq!(refused(&constrained, 39), 40);
    assert!(constrained.combinations(&Params::default(), 40).is_ok());
    let huge = plan(&[("a", range(1.0, 1e4, 1.0)), ("b", range(1.0, 1e4, 1.0))]);
    assert_eq!(refused(&huge, 10_000), 100_000_000);
    let mut sampled = huge;
    sampled.search = Search::Random { samples: 50, seed: 0 };
    assert_eq!(refused(&sampled, 49), 50);
}
