use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tapedeck_application::{
    ExpectedVersion, FaultCode, RulesCheck, Strategies, StrategyConflict, StrategyError,
    StrategyViews, SubmitBacktestError, Updated,
};
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::StrategyCatalog as _;
use tapedeck_domain::stored_strategy::StrategyDraft;
use tapedeck_domain::strategy::StrategyKind;
use tapedeck_engine::BuiltIns;

use crate::world::{World, named as choice, request};

fn named(id: &str) -> StrategyId {
    id.parse().unwrap()
}

/// In while the close is above a parameter.
fn above(level: f64) -> Value {
    json!({
        "params": {"level": {"type": "number", "min": 0, "max": 1000, "default": level}},
        "entry": {"all": [{"op": "gt", "left": "close", "right": {"param": "level"}}]},
        "exit": {"any": [{"op": "lte", "left": "close", "right": {"param": "level"}}]},
    })
}

fn draft(definition: Value) -> StrategyDraft {
    StrategyDraft { kind: StrategyKind::Rules, name: None, description: None, definition }
}

const ANY: ExpectedVersion = ExpectedVersion(None);

fn only(version: u32) -> ExpectedVersion {
    ExpectedVersion(Some(vec![version]))
}

async fn with(id: &str) -> (World, Strategies) {
    let world = World::new();
    let strategies = world.strategies();
    strategies.create(named(id), draft(above(100.0))).await.unwrap();
    (world, strategies)
}

fn conflict<T: std::fmt::Debug>(result: Result<T, StrategyError>) -> StrategyConflict {
    match result {
        Err(StrategyError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

fn references(views: &StrategyViews) -> Vec<String> {
    let text = |reference: &tapedeck_domain::strategy::StrategyRef| {
        format!("{} {}", reference.id, reference.version)
    };
    views.items.iter().map(|view| text(&view.strategy.reference)).collect()
}

#[tokio::test]
async fn a_stored_strategy_is_found_with_its_rules_in_words() {
    let (_, strategies) = with("mine").await;
    let found = strategies.find(&named("mine"), None).await.unwrap();
    assert_eq!(found.stored.unwrap().definition, above(100.0));
    assert_eq!(found.strategy.params[0].name, "level");
    let params = found.strategy.params(&BTreeMap::new()).unwrap();
    let summary = found.strategy.summary(&params);
    assert!(summary.contains("close is above 100"), "{summary}");
}

#[tokio::test]
async fn names_that_are_used_or_mean_something_else_cannot_be_taken() {
    let (_, strategies) = with("mine").await;
    for (id, expected) in [
        ("mine", StrategyConflict::Taken),
        ("sma_crossover", StrategyConflict::BuiltIn),
        ("inline", StrategyConflict::Reserved),
        ("validate", StrategyConflict::Reserved),
        ("rules-schema", StrategyConflict::Reserved),
    ] {
        let refused = strategies.create(named(id), draft(above(1.0))).await;
        assert_eq!(conflict(refused), expected, "{id}");
    }
    strategies.remove(&named("mine"), &ANY).await.unwrap();
    let again = strategies.create(named("mine"), draft(above(1.0))).await;
    assert_eq!(conflict(again), StrategyConflict::Taken);
}

#[tokio::test]
async fn what_came_with_the_server_is_neither_changed_nor_removed() {
    let strategies = World::new().strategies();
    let id = named("sma_crossover");
    let changed = strategies.update(&id, draft(above(1.0)), &ANY).await;
    assert_eq!(conflict(changed), StrategyConflict::BuiltIn);
    assert_eq!(conflict(strategies.remove(&id, &ANY).await), StrategyConflict::BuiltIn);
}

#[tokio::test]
async fn rules_that_are_not_valid_are_not_stored() {
    let strategies = World::new().strategies();
    let wrong = json!({"entry": {"all": [{"op": "gt", "left": "clsoe", "right": 1}]}});
    let refused = strategies.create(named("mine"), draft(wrong)).await;
    let Err(StrategyError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let places: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
    assert_eq!(places, [("/definition/entry/all/0/left", FaultCode::Unknown)]);
    let found = strategies.find(&named("mine"), None).await;
    assert!(matches!(found, Err(StrategyError::NotFound)));
}

#[tokio::test]
async fn a_change_is_a_new_version_and_the_old_one_stays() {
    let (_, strategies) = with("mine").await;
    let id = named("mine");
    let updated = strategies.update(&id, draft(above(200.0)), &only(1)).await.unwrap();
    assert!(matches!(updated, Updated::Changed(_)));
    for (version, level) in [(None, 200.0), (Some(1), 100.0), (Some(2), 200.0)] {
        let found = strategies.find(&id, version).await.unwrap();
        assert_eq!(found.stored.unwrap().definition, above(level));
    }
    let missing = strategies.find(&id, Some(3)).await;
    assert!(matches!(missing, Err(StrategyError::NoSuchVersion { latest: 2 })), "{missing:?}");
    let versions = strategies.versions(&id, None, 10).await.unwrap();
    assert_eq!(
        (references(&versions), versions.total),
        (vec!["mine 2".into(), "mine 1".into()], 2)
    );
}

#[tokio::test]
async fn a_change_that_says_the_same_changes_nothing_whatever_was_expected() {
    let (_, strategies) = with("mine").await;
    let id = named("mine");
    for expected in [ANY, only(1), only(7)] {
        let updated = strategies.update(&id, draft(above(100.0)), &expected).await.unwrap();
        assert!(matches!(&updated, Updated::Unchanged(_)), "{updated:?}");
        assert_eq!(updated.view().strategy.reference.version, 1);
    }
}

#[tokio::test]
async fn a_change_from_another_version_than_expected_is_refused() {
    let (_, strategies) = with("mine").await;
    let id = named("mine");
    strategies.update(&id, draft(above(200.0)), &ANY).await.unwrap();
    let moved = StrategyConflict::Moved { latest: 2 };
    let late = strategies.update(&id, draft(above(300.0)), &only(1)).await;
    assert_eq!(conflict(late), moved);
    assert_eq!(conflict(strategies.remove(&id, &only(1)).await), moved);
    strategies.remove(&id, &only(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_at_the_same_moment_become_versions_one_after_the_other() {
    let (_world, strategies) = with("mine").await;
    let strategies = Arc::new(strategies);
    let change = |n: u32| {
        let strategies = Arc::clone(&strategies);
        let draft = draft(above(f64::from(n)));
        tokio::spawn(async move { strategies.update(&named("mine"), draft, &ANY).await })
    };
    let tasks: Vec<_> = (1..=8).map(change).collect();
    let mut numbers = Vec::new();
    for task in tasks {
        let updated = task.await.unwrap().unwrap();
        numbers.push(updated.view().strategy.reference.version);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (2..=9).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_changes_from_the_same_version_at_the_same_moment_one_is_made() {
    let (_world, strategies) = with("mine").await;
    let strategies = Arc::new(strategies);
    let change = |n: u32| {
        let strategies = Arc::clone(&strategies);
        let draft = draft(above(f64::from(n)));
        tokio::spawn(async move { strategies.update(&named("mine"), draft, &only(1)).await })
    };
    let tasks: Vec<_> = (1..=8).map(change).collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            refused => assert_eq!(conflict(refused), StrategyConflict::Moved { latest: 2 }),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn a_removed_strategy_is_not_found_in_any_way() {
    let (_, strategies) = with("mine").await;
    let id = named("mine");
    strategies.remove(&id, &ANY).await.unwrap();
    assert!(matches!(strategies.find(&id, None).await, Err(StrategyError::NotFound)));
    assert!(matches!(strategies.find(&id, Some(1)).await, Err(StrategyError::NotFound)));
    assert!(matches!(strategies.versions(&id, None, 9).await, Err(StrategyError::NotFound)));
    let changed = strategies.update(&id, draft(above(1.0)), &ANY).await;
    assert!(matches!(changed, Err(StrategyError::NotFound)));
    assert!(matches!(strategies.remove(&id, &ANY).await, Err(StrategyError::NotFound)));
}

#[tokio::test]
async fn pages_go_from_stored_strategies_on_to_those_that_came_with_the_server() {
    let (world, strategies) = with("first").await;
    world.clock.advance(std::time::Duration::from_secs(1));
    strategies.create(named("second"), draft(above(1.0))).await.unwrap();
    let mut expected = vec!["second 1".to_owned(), "first 1".to_owned()];
    let built_in = BuiltIns.list();
    expected.extend(built_in.iter().map(|s| format!("{} {}", s.reference.id, s.reference.version)));
    for limit in 1..=expected.len() {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = strategies.list(after.as_ref(), limit).await.unwrap();
            assert_eq!(page.total, expected.len() as u64);
            found.extend(references(&page));
            match page.items.last() {
                Some(last) => after = Some(last.strategy.reference.id.clone()),
                None => break,
            }
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

#[tokio::test]
async fn what_came_with_the_server_has_one_version() {
    let strategies = World::new().strategies();
    let id = named("sma_crossover");
    let versions = strategies.versions(&id, None, 10).await.unwrap();
    assert_eq!((references(&versions), versions.total), (vec!["sma_crossover 1".to_owned()], 1));
    assert_eq!(strategies.versions(&id, Some(1), 10).await.unwrap().items, []);
    let missing = strategies.find(&id, Some(2)).await;
    assert!(matches!(missing, Err(StrategyError::NoSuchVersion { latest: 1 })));
}

#[test]
fn rules_are_checked_with_their_parameters() {
    let given = BTreeMap::from([("level".to_owned(), 7.5)]);
    let RulesCheck::Valid { summary, warnings, strategy } = Strategies::check(&above(1.0), &given)
    else {
        panic!("they are valid");
    };
    assert!(summary.contains("7.5"), "{summary}");
    assert_eq!((warnings, strategy.params.len()), (Vec::new(), 1));

    let faults = |definition: &Value, given: &BTreeMap<String, f64>| -> Vec<_> {
        match Strategies::check(definition, given) {
            RulesCheck::Invalid(faults) => {
                faults.into_iter().map(|f| (f.pointer, f.code)).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    let high = BTreeMap::from([("level".to_owned(), 1e9)]);
    assert_eq!(faults(&above(1.0), &high), [("/params/level".to_owned(), FaultCode::Range)]);
    let none = [("/definition".to_owned(), FaultCode::Type)];
    assert_eq!(faults(&json!([]), &BTreeMap::new()), none);
}

#[tokio::test]
async fn a_run_has_the_rules_of_the_version_that_it_names() {
    let (world, strategies) = with("mine").await;
    world.import().await;
    strategies.update(&named("mine"), draft(above(200.0)), &ANY).await.unwrap();
    let submit = world.submit();
    for (version, expected, level) in [(None, 2, 200.0), (Some(1), 1, 100.0), (Some(2), 2, 200.0)] {
        let mut run = request();
        run.strategy = choice("mine", version);
        run.params = BTreeMap::new();
        let submitted = submit.submit(run, None).await.unwrap();
        let submission = submitted.job().submission.clone();
        assert_eq!(submission.spec.strategy.version, expected);
        assert!(submission.summary.contains(&level.to_string()), "{}", submission.summary);
        let rules = serde_json::to_value(submission.spec.rules.unwrap()).unwrap();
        assert_eq!(rules["params"]["level"]["default"].as_f64(), Some(level));
    }
}

#[tokio::test]
async fn a_run_of_a_version_that_is_not_there_names_those_that_are() {
    let (world, strategies) = with("mine").await;
    world.import().await;
    strategies.update(&named("mine"), draft(above(200.0)), &ANY).await.unwrap();
    let mut run = request();
    (run.strategy, run.params) = (choice("mine", Some(3)), BTreeMap::new());
    let refused = world.submit().submit(run.clone(), None).await;
    let Err(SubmitBacktestError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/strategy_version"));
    assert_eq!(faults[0].detail, "`mine` has versions 1 to 2");

    strategies.remove(&named("mine"), &ANY).await.unwrap();
    run.strategy = choice("mine", Some(1));
    let refused = world.submit().submit(run, None).await;
    assert!(matches!(refused, Err(SubmitBacktestError::StrategyNotFound)), "{refused:?}");
}
