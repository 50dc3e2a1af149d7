//! The contract of `StrategyStore`.

use std::sync::Arc;

use serde_json::json;
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::StrategyList;
use tapedeck_domain::stored_strategy::{StoredStrategy, VersionConflict};

use super::Strategies;
use crate::builders::{day, stored_strategy};

fn named(id: &str) -> StrategyId {
    id.parse().unwrap()
}

fn ids(list: &StrategyList) -> Vec<&str> {
    list.strategies.iter().map(|strategy| strategy.reference.id.as_str()).collect()
}

fn numbers(versions: &[StoredStrategy]) -> Vec<u32> {
    versions.iter().map(|version| version.reference.version).collect()
}

impl Strategies {
    async fn add(&self, id: &str, version: u32) -> Result<(), VersionConflict> {
        self.store.add(stored_strategy(id, version)).await.unwrap()
    }

    /// With the versions 1 to `n`.
    async fn added(&self, id: &str, n: u32) {
        for version in 1..=n {
            assert_eq!(self.add(id, version).await, Ok(()), "{id} {version}");
        }
    }

    async fn remove(&self, id: &str, version: u32) -> Result<(), VersionConflict> {
        self.store.remove(&named(id), version, day(9)).await.unwrap()
    }

    async fn found(&self, id: &str, version: Option<u32>) -> Option<StoredStrategy> {
        self.store.find(&named(id), version).await.unwrap()
    }

    async fn listed(&self, after: Option<&str>, limit: usize) -> StrategyList {
        self.store.list(after.map(named).as_ref(), limit).await.unwrap()
    }
}

/// Whatever is in its texts and its definition.
pub async fn find_gives_the_version_that_was_added(fixture: Strategies) {
    let new = StoredStrategy {
        name: "ü \"quoted\" \\ ' %".to_owned(),
        description: "two\nlines".to_owned(),
        definition: json!({"a": [1, 2.5, 1e-300, null, "\u{0}"], "b": {"c": true}}),
        created_at: day(3),
        ..stored_strategy("a", 1)
    };
    assert_eq!(fixture.store.add(new.clone()).await.unwrap(), Ok(()));
    assert_eq!(fixture.found("a", None).await, Some(new.clone()));
    assert_eq!(fixture.found("a", Some(1)).await, Some(new));
}

/// And every version by its number.
pub async fn find_gives_the_latest_version_when_none_is_named(fixture: Strategies) {
    fixture.added("a", 3).await;
    assert_eq!(fixture.found("a", None).await, Some(stored_strategy("a", 3)));
    for version in 1..=3 {
        let expected = stored_strategy("a", version);
        assert_eq!(fixture.found("a", Some(version)).await, Some(expected));
    }
}

/// Neither by a name that was never used nor by a number that was not reached.
pub async fn find_says_none_when_there_is_no_such_strategy_or_version(fixture: Strategies) {
    fixture.added("a", 1).await;
    assert_eq!(fixture.found("b", None).await, None);
    for version in [0, 2, u32::MAX] {
        assert_eq!(fixture.found("a", Some(version)).await, None);
    }
}

/// The one that was there stays as it is.
pub async fn a_first_version_under_a_name_that_is_used_is_refused(fixture: Strategies) {
    fixture.added("a", 2).await;
    assert_eq!(fixture.add("a", 1).await, Err(VersionConflict));
    assert_eq!(fixture.found("a", None).await, Some(stored_strategy("a", 2)));
}

/// A strategy that was removed keeps its name.
pub async fn a_first_version_under_the_name_of_a_removed_strategy_is_refused(fixture: Strategies) {
    fixture.added("a", 1).await;
    assert_eq!(fixture.remove("a", 1).await, Ok(()));
    assert_eq!(fixture.add("a", 1).await, Err(VersionConflict));
    assert_eq!(fixture.found("a", None).await, None);
}

/// Numbers have no gaps, and none is given twice.
pub async fn a_version_that_does_not_follow_the_latest_is_refused(fixture: Strategies) {
    assert_eq!(fixture.add("a", 2).await, Err(VersionConflict), "there is no strategy");
    fixture.added("a", 2).await;
    for version in [0, 1, 2, 4, u32::MAX] {
        assert_eq!(fixture.add("a", version).await, Err(VersionConflict), "{version}");
    }
    let versions = fixture.store.versions(&named("a"), None, 10).await.unwrap();
    assert_eq!(numbers(&versions), [2, 1]);
    assert_eq!(fixture.add("a", 3).await, Ok(()));
}

/// Whoever had it open when it was removed.
pub async fn a_version_of_a_removed_strategy_is_refused(fixture: Strategies) {
    fixture.added("a", 1).await;
    assert_eq!(fixture.remove("a", 1).await, Ok(()));
    assert_eq!(fixture.add("a", 2).await, Err(VersionConflict));
    assert_eq!(fixture.found("a", Some(2)).await, None);
}

/// First versions and later ones.
pub async fn of_equal_numbers_at_the_same_moment_one_is_added(fixture: Strategies) {
    let fixture = Arc::new(fixture);
    for version in 1..=3 {
        let add = |n: u32| {
            let fixture = Arc::clone(&fixture);
            let description = format!("of writer {n}");
            let new = StoredStrategy { description, ..stored_strategy("a", version) };
            tokio::spawn(async move { fixture.store.add(new).await.unwrap().map(|()| n) })
        };
        let tasks: Vec<_> = (0..8).map(add).collect();
        let mut winners = Vec::new();
        for task in tasks {
            winners.extend(task.await.unwrap());
        }
        assert_eq!(winners.len(), 1, "version {version}: {winners:?}");
        let kept = fixture.found("a", None).await.unwrap();
        assert_eq!(kept.reference.version, version);
        assert_eq!(kept.description, format!("of writer {}", winners[0]));
    }
}

/// Other strategies have versions of their own.
pub async fn versions_are_those_of_the_strategy_newest_first(fixture: Strategies) {
    fixture.added("a", 3).await;
    fixture.added("b", 2).await;
    let versions = fixture.store.versions(&named("a"), None, 10).await.unwrap();
    let expected: Vec<_> = (1..=3).rev().map(|version| stored_strategy("a", version)).collect();
    assert_eq!(versions, expected);
}

/// Page by page.
pub async fn versions_go_on_before_a_number_and_keep_to_their_limit(fixture: Strategies) {
    fixture.added("a", 5).await;
    let page = async |before, limit| {
        numbers(&fixture.store.versions(&named("a"), before, limit).await.unwrap())
    };
    assert_eq!(page(None, 2).await, [5, 4]);
    assert_eq!(page(Some(4), 2).await, [3, 2]);
    assert_eq!(page(Some(2), 2).await, [1]);
    assert_eq!(page(Some(1), 2).await, [0; 0]);
}

/// Never there, or removed.
pub async fn versions_are_none_when_there_is_no_such_strategy(fixture: Strategies) {
    fixture.added("a", 2).await;
    assert_eq!(fixture.remove("a", 2).await, Ok(()));
    for id in ["a", "b"] {
        assert_eq!(fixture.store.versions(&named(id), None, 10).await.unwrap(), []);
    }
}

/// By the moment of their first versions, then by name; with their latest versions.
pub async fn list_gives_the_latest_versions_newest_strategy_first(fixture: Strategies) {
    assert_eq!(fixture.listed(None, 10).await, StrategyList::default());
    for (id, created_at) in [("b", day(2)), ("a", day(1)), ("d", day(3)), ("c", day(3))] {
        let new = StoredStrategy { created_at, ..stored_strategy(id, 1) };
        assert_eq!(fixture.store.add(new).await.unwrap(), Ok(()));
    }
    let second = StoredStrategy { created_at: day(4), ..stored_strategy("b", 2) };
    assert_eq!(fixture.store.add(second.clone()).await.unwrap(), Ok(()));
    let list = fixture.listed(None, 10).await;
    assert_eq!(ids(&list), ["d", "c", "b", "a"], "a new version leaves its strategy in its place");
    assert_eq!((&list.strategies[2], list.total), (&second, 4));
}

/// And counts all of them.
pub async fn list_goes_on_after_a_strategy_and_keeps_to_its_limit(fixture: Strategies) {
    for (id, created_at) in [("a", day(1)), ("b", day(2)), ("c", day(2)), ("d", day(3))] {
        let new = StoredStrategy { created_at, ..stored_strategy(id, 1) };
        assert_eq!(fixture.store.add(new).await.unwrap(), Ok(()));
    }
    for (after, limit, expected) in [
        (None, 2, &["d", "c"][..]),
        (Some("c"), 2, &["b", "a"]),
        (Some("d"), 1, &["c"]),
        (Some("a"), 2, &[]),
        (Some("never"), 2, &[]),
    ] {
        let list = fixture.listed(after, limit).await;
        assert_eq!((ids(&list), list.total), (expected.to_vec(), 4), "after {after:?}");
    }
}

/// The page after a removed strategy begins where it stood.
pub async fn strategies_that_are_added_or_removed_meanwhile_shift_nothing(fixture: Strategies) {
    for (id, created_at) in [("a", day(1)), ("b", day(2)), ("c", day(3))] {
        let new = StoredStrategy { created_at, ..stored_strategy(id, 1) };
        assert_eq!(fixture.store.add(new).await.unwrap(), Ok(()));
    }
    assert_eq!(ids(&fixture.listed(None, 1).await), ["c"]);
    let new = StoredStrategy { created_at: day(4), ..stored_strategy("d", 1) };
    assert_eq!(fixture.store.add(new).await.unwrap(), Ok(()));
    assert_eq!(fixture.remove("c", 1).await, Ok(()));
    assert_eq!(ids(&fixture.listed(Some("c"), 5).await), ["b", "a"]);
}

/// In every way in which it was found before.
pub async fn a_removed_strategy_is_found_and_listed_no_more(fixture: Strategies) {
    fixture.added("a", 2).await;
    fixture.added("b", 1).await;
    assert_eq!(fixture.remove("a", 2).await, Ok(()));
    for version in [None, Some(1), Some(2)] {
        assert_eq!(fixture.found("a", version).await, None);
    }
    let list = fixture.listed(None, 10).await;
    assert_eq!((ids(&list), list.total), (vec!["b"], 1));
}

/// There may be changes that the caller has not seen.
pub async fn removing_another_version_than_the_latest_is_refused(fixture: Strategies) {
    fixture.added("a", 2).await;
    for version in [0, 1, 3] {
        assert_eq!(fixture.remove("a", version).await, Err(VersionConflict), "{version}");
    }
    assert_eq!(fixture.found("a", None).await, Some(stored_strategy("a", 2)));
}

/// It was never there, or was removed before.
pub async fn removing_what_is_not_there_is_refused(fixture: Strategies) {
    assert_eq!(fixture.remove("a", 1).await, Err(VersionConflict));
    fixture.added("a", 1).await;
    assert_eq!(fixture.remove("a", 1).await, Ok(()));
    assert_eq!(fixture.remove("a", 1).await, Err(VersionConflict));
}
