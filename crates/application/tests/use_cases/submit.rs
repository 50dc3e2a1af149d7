use tapedeck_application::{
    BacktestRequest, DatasetChoice, FaultCode, PrepareError, ServerLimits, SubmitBacktestError,
};
use tapedeck_domain::job::{LimitKind, Limits, Status};
use tapedeck_domain::port::{
    JobCatalog as _, JobFeed as _, JobFilter, StorageError, StorageUsage, Submitted,
};
use tapedeck_testkit::builders::{bars, day, idempotency, symbol};

use crate::world::{LIMITS, World, named, request};

async fn refused(change: impl FnOnce(&mut BacktestRequest)) -> SubmitBacktestError {
    let world = World::new();
    world.import().await;
    let mut request = request();
    change(&mut request);
    world.submit().submit(request, None).await.unwrap_err()
}

/// Pointer, code and sentence of each fault.
async fn faults(change: impl FnOnce(&mut BacktestRequest)) -> Vec<(String, FaultCode, String)> {
    let refused = refused(change).await;
    let SubmitBacktestError::Invalid(faults) = refused else {
        panic!("expected faults, got {refused:?}");
    };
    faults.into_iter().map(|fault| (fault.pointer, fault.code, fault.detail)).collect()
}

#[tokio::test]
async fn a_valid_request_is_completed_and_queued() {
    let world = World::new();
    let dataset = world.import().await;
    let submitted = world.submit().submit(request(), None).await.unwrap();
    let Submitted::Created(job) = submitted else { panic!("it is new") };
    assert_eq!((job.state.status(), job.created_at), (Status::Queued, day(0)));
    let submission = &job.submission;
    assert_eq!(submission.spec.dataset, dataset.reference());
    assert_eq!((submission.spec.from, submission.spec.to), (day(0), day(4)));
    assert_eq!((submission.bars, submission.limits), (5, LIMITS.run));
    assert_eq!(submission.symbol, symbol("TEST"));
    assert!(submission.summary.contains("1-bar simple average"), "{}", submission.summary);
    assert_eq!(world.jobs.events(job.id, 0).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_start_that_is_put_off_for_more_than_a_year_is_refused_with_other_faults() {
    let limit = day(366);
    let found = faults(|request| {
        request.not_before = Some(limit.saturating_add_nanos(1));
        request.limits = [(LimitKind::TimeoutMs, 0)].into();
    })
    .await;
    let places: Vec<_> = found.iter().map(|fault| (fault.0.as_str(), fault.1)).collect();
    assert_eq!(
        places,
        [("/limits/timeout_ms", FaultCode::Range), ("/not_before", FaultCode::Range)]
    );
    assert!(found[1].2.contains(&limit.to_string()), "{}", found[1].2);
}

#[tokio::test]
async fn a_later_start_is_no_other_run_and_the_job_that_is_shared_keeps_its_own() {
    let world = World::new();
    world.import().await;
    let at = |not_before| BacktestRequest { not_before, ..request() };
    for (not_before, due) in [(Some(day(366)), false), (Some(day(-1)), true), (None, true)] {
        let world = World::new();
        world.import().await;
        let submitted = world.submit().submit(at(not_before), None).await.unwrap();
        assert_eq!(submitted.job().is_due(day(0)), due, "{not_before:?}");
    }
    let first = world.submit().submit(at(Some(day(1))), None).await.unwrap();
    let second = world.submit_after(1).submit(at(None), None).await.unwrap();
    assert!(matches!(second, Submitted::Deduplicated(_)));
    assert_eq!(second.job(), first.job());
}

#[tokio::test]
async fn a_dataset_can_be_named_by_its_market() {
    let world = World::new();
    let dataset = world.import().await;
    let by_market = |interval: &str| BacktestRequest {
        dataset: DatasetChoice::Market {
            symbol: symbol("TEST"),
            interval: interval.parse().unwrap(),
        },
        ..request()
    };
    let submitted = world.submit().submit(by_market("1d"), None).await.unwrap();
    assert_eq!(submitted.job().submission.spec.dataset, dataset.reference());
    let refused = world.submit().submit(by_market("1h"), None).await;
    assert!(matches!(refused, Err(SubmitBacktestError::DatasetNotFound)));
}

#[tokio::test]
async fn what_the_catalogs_do_not_have_is_not_found() {
    let id = "none".parse().unwrap();
    let error = refused(|request| request.dataset = DatasetChoice::Id(id)).await;
    assert!(matches!(error, SubmitBacktestError::DatasetNotFound));
    let error = refused(|request| request.strategy = named("none", None)).await;
    assert!(matches!(error, SubmitBacktestError::StrategyNotFound));
}

#[tokio::test]
async fn a_range_that_is_not_covered_names_the_range_that_is() {
    let found = faults(|request| {
        request.from = Some(day(-1));
        request.to = Some(day(5));
    })
    .await;
    let places: Vec<_> = found.iter().map(|fault| (fault.0.as_str(), fault.1)).collect();
    assert_eq!(places, [("/from", FaultCode::NotCovered), ("/to", FaultCode::NotCovered)]);
    for (_, _, detail) in found {
        let covered = format!("`test-1d` covers {} to {}", day(0), day(4));
        assert!(detail.contains(&covered), "{detail}");
    }
}

#[tokio::test]
async fn whole_days_at_both_ends_are_covered() {
    let world = World::new();
    world.import().await;
    let to = day(5).saturating_add_nanos(-1);
    let whole = BacktestRequest { from: Some(day(0)), to: Some(to), ..request() };
    let submitted = world.submit().submit(whole, None).await.unwrap();
    assert_eq!(submitted.job().submission.bars, 5);
}

#[tokio::test]
async fn a_range_that_ends_before_it_starts_is_a_fault_of_its_end() {
    let found = faults(|request| {
        request.from = Some(day(3));
        request.to = Some(day(1));
    })
    .await;
    assert_eq!((found[0].0.as_str(), found[0].1), ("/to", FaultCode::Range));
}

#[tokio::test]
async fn a_range_between_two_bars_is_not_covered() {
    let noon = day(1).saturating_add_nanos(1);
    let found = faults(|request| (request.from, request.to) = (Some(noon), Some(noon))).await;
    assert_eq!((found[0].0.as_str(), found[0].1), ("/from", FaultCode::NotCovered));
}

#[tokio::test]
async fn every_fault_is_listed_at_once() {
    let found = faults(|request| {
        request.from = Some(day(-9));
        request.strategy = named("sma_crossover", Some(2));
        request.params =
            [("fast".to_owned(), 1.5), ("slow".to_owned(), 0.0), ("a/b".to_owned(), 1.0)].into();
        request.limits = [
            (LimitKind::TimeoutMs, LIMITS.run.timeout_ms + 1),
            (LimitKind::MemoryMb, 0),
            (LimitKind::Bars, 0),
        ]
        .into();
    })
    .await;
    let places: Vec<_> = found.iter().map(|fault| (fault.0.as_str(), fault.1)).collect();
    let expected = [
        ("/from", FaultCode::NotCovered),
        ("/strategy_version", FaultCode::Range),
        ("/params/a~1b", FaultCode::Unknown),
        ("/params/fast", FaultCode::Type),
        ("/params/slow", FaultCode::Range),
        ("/limits/timeout_ms", FaultCode::Range),
        ("/limits/memory_mb", FaultCode::Range),
        ("/limits/bars", FaultCode::Range),
    ];
    assert_eq!(places, expected);
}

#[tokio::test]
async fn limits_may_be_lowered() {
    let world = World::new();
    world.import().await;
    let asked = [(LimitKind::TimeoutMs, 1), (LimitKind::MemoryMb, 512), (LimitKind::Orders, 9)];
    let lower = BacktestRequest { limits: asked.into(), ..request() };
    let submitted = world.submit().submit(lower, None).await.unwrap();
    let limits = submitted.job().submission.limits;
    assert_eq!((limits.timeout_ms, limits.memory_mb, limits.orders), (1, 512, 9));
}

#[tokio::test]
async fn an_equal_request_shares_the_run_and_the_limits_do_not_make_it_another() {
    let world = World::new();
    world.import().await;
    let submit = world.submit();
    let first = submit.submit(request(), None).await.unwrap().job().id;
    let equal = BacktestRequest { limits: [(LimitKind::TimeoutMs, 1)].into(), ..request() };
    let second = submit.submit(equal, None).await.unwrap();
    assert!(matches!(second, Submitted::Deduplicated(job) if job.id == first));
}

#[tokio::test]
async fn a_key_for_another_request_and_a_full_queue_are_refused() {
    let world = World::new();
    world.import().await;
    let submit = world.submit();
    let other = |seed| BacktestRequest { seed, ..request() };
    submit.submit(other(1), Some(idempotency("key", "a"))).await.unwrap();
    let refused = submit.submit(other(2), Some(idempotency("key", "b"))).await;
    assert!(matches!(refused, Err(SubmitBacktestError::IdempotencyConflict)));
    submit.submit(other(3), None).await.unwrap();
    let refused = submit.submit(other(4), None).await;
    assert!(matches!(refused, Err(SubmitBacktestError::QueueFull)));
}

#[tokio::test]
async fn a_store_that_fails_is_reported() {
    let world = World::new();
    world.import().await;
    world.store.fail_next(1);
    let failed = world.submit().submit(request(), None).await;
    let Err(SubmitBacktestError::Storage(StorageError::Unavailable(_))) = failed else {
        panic!("{failed:?}");
    };
}

#[tokio::test]
async fn bars_that_the_catalog_names_and_the_store_lacks_are_corrupt() {
    use tapedeck_domain::port::DatasetCatalog as _;
    let world = World::new();
    let dataset = tapedeck_testkit::builders::dataset("test-1d", "TEST", &bars());
    world.catalog.add(dataset).await.unwrap();
    let failed = world.submit().submit(request(), None).await;
    assert!(matches!(failed, Err(SubmitBacktestError::Storage(StorageError::Corrupt { .. }))));
}

#[tokio::test]
async fn what_would_find_no_room_is_not_queued_and_what_was_carried_out_is_told() {
    let world = World::new();
    world.import().await;
    let key = || Some(idempotency("a", "body"));
    let first = world.submit().submit(request(), key()).await.unwrap();
    world.artifacts.set_usage(StorageUsage { used: 0, quota: None, free: 1, min_free: 2 });
    let submit = world.submit_after(1);
    let other = BacktestRequest { seed: 1, ..request() };
    let refused = submit.submit(other, None).await;
    assert!(
        matches!(refused, Err(SubmitBacktestError::Storage(StorageError::Full { .. }))),
        "{refused:?}"
    );
    assert_eq!(world.jobs.count(JobFilter::default()).await.unwrap(), 1);
    let again = submit.submit(request(), None).await.unwrap();
    assert_eq!(again, Submitted::Deduplicated(first.job().clone()));
    let again = submit.submit(request(), key()).await.unwrap();
    assert_eq!(again, Submitted::Replayed(first.job().clone()));
}

#[tokio::test]
async fn a_run_of_more_bars_than_may_be_is_refused_with_both_numbers() {
    let world = World::new();
    world.import().await;
    let asked = BacktestRequest { limits: [(LimitKind::Bars, 4)].into(), ..request() };
    let refused = world.submit().submit(asked, None).await;
    let Err(SubmitBacktestError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/limits/bars"));
    assert_eq!(faults[0].detail, "the run has 5 bars, and the limit is 4");

    let limits = ServerLimits { run: Limits { bars: 4, ..LIMITS.run }, ..LIMITS };
    let prepare = world.prepare_within(limits);
    let refused = prepare.prepare(request()).await;
    let Err(PrepareError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/from"));
    assert_eq!(faults[0].detail, "the run has 5 bars, and the limit is 4");
    let later = BacktestRequest { from: Some(day(1)), ..request() };
    assert_eq!(prepare.prepare(later).await.unwrap().bars, 4, "as many as may be");
}
