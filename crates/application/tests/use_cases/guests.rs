use std::collections::BTreeMap;
use std::sync::Arc;

use tapedeck_application::{
    ExpectedVersion, FaultCode, GuestUpload, RulesCheck, Strategies, StrategyConflict,
    StrategyError, SubmitBacktestError, Updated,
};
use tapedeck_domain::guest::{GuestForm, GuestMetadata, ModuleRef};
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::ModuleStore as _;
use tapedeck_domain::stored_strategy::StrategyDraft;
use tapedeck_domain::strategy::{ParamKind, ParamSchema, ParamValue, StrategyKind};
use tapedeck_testkit::Inspection;

use crate::world::{World, named as choice, request};

const ANY: ExpectedVersion = ExpectedVersion(None);

fn named(id: &str) -> StrategyId {
    id.parse().unwrap()
}

fn length(default: f64) -> ParamSchema {
    ParamSchema {
        name: "length".to_owned(),
        kind: ParamKind::Integer,
        min: 2.0,
        max: 100.0,
        step: 1.0,
        default,
        description: String::new(),
    }
}

fn metadata(default: f64) -> GuestMetadata {
    GuestMetadata {
        abi: 1,
        form: GuestForm::Single,
        name: Some("Momentum".to_owned()),
        description: Some("Follows.".to_owned()),
        params: vec![length(default)],
    }
}

fn module(n: u8) -> Arc<[u8]> {
    Arc::from([0, b'a', b's', b'm', n])
}

fn upload(n: u8) -> GuestUpload {
    GuestUpload { name: None, description: None, module: module(n) }
}

/// One in which the modules 1 to 3 can be run, each with a default of its own.
fn world() -> (World, Strategies) {
    let world = World::new();
    for n in 1..=3 {
        world.inspector.expect(&module(n), Inspection::Says(metadata(10.0 * f64::from(n))));
    }
    let strategies = world.strategies();
    (world, strategies)
}

fn rules() -> StrategyDraft {
    let definition = serde_json::json!({
        "entry": {"all": [{"op": "gt", "left": "close", "right": 1}]},
        "exit": {"all": [{"op": "lt", "left": "close", "right": 1}]},
    });
    StrategyDraft { kind: StrategyKind::Rules, name: None, description: None, definition }
}

fn conflict<T: std::fmt::Debug>(result: Result<T, StrategyError>) -> StrategyConflict {
    match result {
        Err(StrategyError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// Pointer, code and sentence of each fault.
fn faults<T: std::fmt::Debug>(
    result: Result<T, StrategyError>,
) -> Vec<(String, FaultCode, String)> {
    match result {
        Err(StrategyError::Invalid(faults)) => {
            faults.into_iter().map(|f| (f.pointer, f.code, f.detail)).collect()
        }
        other => panic!("expected faults, got {other:?}"),
    }
}

#[tokio::test]
async fn a_module_becomes_a_strategy_that_is_what_it_says_it_is() {
    let (world, strategies) = world();
    let created = strategies.create_guest(named("mine"), upload(1)).await.unwrap();
    let strategy = &created.strategy;
    assert_eq!((strategy.kind, strategy.reference.version), (StrategyKind::Guest, 1));
    assert_eq!((&*strategy.name, &*strategy.description), ("Momentum", "Follows."));
    assert_eq!(strategy.params, [length(10.0)]);
    assert_eq!(strategy.guest, Some(ModuleRef::of(&module(1))));
    let definition = &created.stored.as_ref().unwrap().definition;
    assert_eq!(definition["module"]["content_hash"], ModuleRef::of(&module(1)).content_hash);
    assert_eq!((&definition["module"]["bytes"], &definition["abi"]), (&5.into(), &1.into()));
    assert_eq!(definition["form"], "single");

    assert_eq!(strategies.find(&named("mine"), None).await.unwrap(), created);
    let kept = strategies.module(&ModuleRef::of(&module(1))).await.unwrap();
    assert_eq!(kept, module(1));
    assert_eq!(world.inspector.inspections(), 1, "what is stored is not inspected again");
}

#[tokio::test]
async fn what_is_said_of_a_module_goes_before_what_it_says_of_itself() {
    let (_world, strategies) = world();
    let said = GuestUpload {
        name: Some("Mine".to_owned()),
        description: Some(String::new()),
        ..upload(1)
    };
    let created = strategies.create_guest(named("mine"), said).await.unwrap().strategy;
    assert_eq!((&*created.name, &*created.description), ("Mine", ""));
    let updated = strategies.update_guest(&named("mine"), upload(2), &ANY).await.unwrap();
    assert_eq!(updated.view().strategy.name, "Momentum");
}

#[tokio::test]
async fn a_silent_module_is_called_by_its_id_and_then_as_before() {
    let (world, strategies) = world();
    for n in [1, 2] {
        let silent =
            GuestMetadata { name: None, description: None, ..metadata(f64::from(n) + 2.0) };
        world.inspector.expect(&module(n), Inspection::Says(silent));
    }
    let created = strategies.create_guest(named("mine"), upload(1)).await.unwrap().strategy;
    assert_eq!((&*created.name, &*created.description), ("mine", ""));
    let named_so = GuestUpload { name: Some("Mine".to_owned()), ..upload(1) };
    strategies.update_guest(&named("mine"), named_so, &ANY).await.unwrap();
    let updated = strategies.update_guest(&named("mine"), upload(2), &ANY).await.unwrap();
    assert_eq!(updated.view().strategy.name, "Mine");
}

#[tokio::test]
async fn another_module_is_another_version_and_the_same_one_is_not() {
    let (_world, strategies) = world();
    strategies.create_guest(named("mine"), upload(1)).await.unwrap();
    let again = strategies.update_guest(&named("mine"), upload(1), &ANY).await.unwrap();
    assert!(matches!(again, Updated::Unchanged(_)), "{again:?}");
    let only = |version| ExpectedVersion(Some(vec![version]));
    let updated = strategies.update_guest(&named("mine"), upload(2), &only(1)).await.unwrap();
    assert_eq!(updated.view().strategy.reference.version, 2);
    let late = strategies.update_guest(&named("mine"), upload(3), &only(1)).await;
    assert_eq!(conflict(late), StrategyConflict::Moved { latest: 2 });
    for (version, n) in [(1, 1), (2, 2)] {
        let found = strategies.find(&named("mine"), Some(version)).await.unwrap();
        assert_eq!(found.strategy.guest, Some(ModuleRef::of(&module(n))));
    }
}

#[tokio::test]
async fn a_strategy_keeps_its_kind() {
    let (world, strategies) = world();
    strategies.create_guest(named("guest"), upload(1)).await.unwrap();
    strategies.create(named("rules"), rules()).await.unwrap();
    let inspections = world.inspector.inspections();
    let changed = strategies.update(&named("guest"), rules(), &ANY).await;
    assert_eq!(conflict(changed), StrategyConflict::OtherKind(StrategyKind::Guest));
    let changed = strategies.update_guest(&named("rules"), upload(2), &ANY).await;
    assert_eq!(conflict(changed), StrategyConflict::OtherKind(StrategyKind::Rules));
    assert_eq!(world.inspector.inspections(), inspections, "nothing was inspected in vain");
    for id in ["guest", "rules"] {
        let found = strategies.find(&named(id), None).await.unwrap();
        assert_eq!(found.strategy.reference.version, 1);
    }
}

#[tokio::test]
async fn names_that_cannot_be_had_are_refused_before_anything_is_inspected() {
    let (world, strategies) = world();
    strategies.create(named("mine"), rules()).await.unwrap();
    for (id, expected) in [
        ("mine", StrategyConflict::Taken),
        ("sma_crossover", StrategyConflict::BuiltIn),
        ("validate", StrategyConflict::Reserved),
    ] {
        let refused = strategies.create_guest(named(id), upload(1)).await;
        assert_eq!(conflict(refused), expected, "{id}");
    }
    let missing = strategies.update_guest(&named("never"), upload(1), &ANY).await;
    assert!(matches!(missing, Err(StrategyError::NotFound)), "{missing:?}");
    assert_eq!(world.inspector.inspections(), 0);
    strategies.remove(&named("mine"), &ANY).await.unwrap();
    let again = strategies.create_guest(named("mine"), upload(1)).await;
    assert_eq!(conflict(again), StrategyConflict::Taken);
}

#[tokio::test]
async fn a_module_that_cannot_be_run_is_refused_and_leaves_nothing() {
    let (world, strategies) = world();
    let why = "imports `env.\u{1b}[31mopen`, and nothing can be imported";
    world.inspector.expect(&module(1), Inspection::Unusable(why.to_owned()));
    let shown = "imports `env. [31mopen`, and nothing can be imported";
    let expected = vec![(String::new(), FaultCode::Type, shown.to_owned())];
    let refused = strategies.create_guest(named("mine"), upload(1)).await;
    assert_eq!(faults(refused), expected);
    strategies.create_guest(named("other"), upload(2)).await.unwrap();
    let refused = strategies.update_guest(&named("other"), upload(1), &ANY).await;
    assert_eq!(faults(refused), expected);
    assert_eq!(world.modules.open(&ModuleRef::of(&module(1))).await.unwrap(), None);
    let missing = strategies.find(&named("mine"), None).await;
    assert!(matches!(missing, Err(StrategyError::NotFound)));
}

#[tokio::test]
async fn a_module_that_lies_about_its_parameters_is_refused_and_leaves_nothing() {
    let (world, strategies) = world();
    let wrong = GuestMetadata {
        name: Some("\u{202e}evil".to_owned()),
        params: vec![length(1.0), length(f64::NAN)],
        ..metadata(10.0)
    };
    world.inspector.expect(&module(1), Inspection::Says(wrong));
    let found = faults(strategies.create_guest(named("mine"), upload(1)).await);
    assert!(found.len() >= 4, "{found:?}");
    assert!(found.iter().all(|(at, code, _)| at.is_empty() && *code == FaultCode::Range));
    assert_eq!(world.modules.count(), 0);
}

#[tokio::test]
async fn an_inspector_that_fails_is_no_fault_of_the_module() {
    let (world, strategies) = world();
    world.inspector.expect(&module(1), Inspection::Fails);
    let failed = strategies.create_guest(named("mine"), upload(1)).await;
    assert!(matches!(failed, Err(StrategyError::Inspection(_))), "{failed:?}");
    let failed = strategies.check_guest(module(1)).await;
    assert!(matches!(failed, Err(StrategyError::Inspection(_))), "{failed:?}");
    assert_eq!(world.modules.count(), 0);
}

#[tokio::test]
async fn a_module_is_checked_without_being_stored() {
    let (world, strategies) = world();
    let checked = strategies.check_guest(module(1)).await.unwrap();
    let RulesCheck::Valid { strategy, summary, warnings } = checked else { panic!("{checked:?}") };
    assert_eq!((strategy.params, warnings), (vec![length(10.0)], Vec::new()));
    assert!(summary.contains("length = 10"), "{summary}");
    let checked = strategies.check_guest(module(9)).await.unwrap();
    let RulesCheck::Invalid(faults) = checked else { panic!("{checked:?}") };
    assert_eq!(faults[0].detail, "this is no module");
    assert_eq!(world.modules.count(), 0);
}

#[tokio::test]
async fn a_run_has_the_module_of_the_version_that_it_names() {
    let (world, strategies) = world();
    world.import().await;
    strategies.create_guest(named("mine"), upload(1)).await.unwrap();
    strategies.update_guest(&named("mine"), upload(2), &ANY).await.unwrap();
    let (inspections, submit) = (world.inspector.inspections(), world.submit());
    let mut hashes = Vec::new();
    for (version, module_of, default) in [(None, 2, 20), (Some(1), 1, 10)] {
        let mut run = request();
        (run.strategy, run.params) = (choice("mine", version), BTreeMap::new());
        let submission = submit.submit(run, None).await.unwrap().job().submission.clone();
        assert_eq!(submission.spec.guest, Some(ModuleRef::of(&module(module_of))));
        assert_eq!(submission.spec.rules, None);
        assert_eq!(submission.spec.params.get("length"), Some(ParamValue::Integer(default)));
        assert_eq!(submission.spec.strategy.version, u32::from(module_of));
        hashes.push(submission.input_hash);
        // The module alone makes it another run.
        let mut other = submission.spec.clone();
        other.guest = Some(ModuleRef::of(&module(3)));
        assert_ne!(other.input_hash("e"), submission.spec.input_hash("e"));
    }
    assert_ne!(hashes[0], hashes[1]);
    assert_eq!(world.inspector.inspections(), inspections, "a submission inspects nothing");

    let mut run = request();
    run.strategy = choice("mine", Some(1));
    run.params = [("length".to_owned(), 1.0), ("lenght".to_owned(), 3.0)].into();
    let refused = submit.submit(run, None).await;
    let Err(SubmitBacktestError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let places: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(places, ["/params/lenght", "/params/length"]);
}
