//! The contract of `DatasetCatalog`.

use std::sync::Arc;

use tapedeck_domain::dataset::Dataset;
use tapedeck_domain::id::DatasetId;

use super::Catalog;
use crate::builders::{bars, bars_from, dataset, day, symbol};

fn ids(datasets: &[Dataset]) -> Vec<&str> {
    datasets.iter().map(|dataset| dataset.id.as_str()).collect()
}

fn named(id: &str) -> DatasetId {
    id.parse().unwrap()
}

/// What is found later is what was returned.
pub async fn add_returns_the_version_with_its_number(fixture: Catalog) {
    let catalog = &fixture.catalog;
    let new = dataset("a", "A", &bars());
    let added = catalog.add(new.clone()).await.unwrap();
    assert_eq!(added, Dataset { version: 1, ..new });
    assert_eq!(catalog.find(&named("a")).await.unwrap(), Some(added));
}

/// Whatever number was in what is added.
pub async fn the_number_of_a_version_is_the_catalogs_to_give(fixture: Catalog) {
    let catalog = &fixture.catalog;
    let new = Dataset { version: 9, ..dataset("a", "A", &bars()) };
    assert_eq!(catalog.add(new).await.unwrap().version, 1);
    let new = Dataset { version: 9, ..dataset("a", "A", &bars_from(50.0)) };
    assert_eq!(catalog.add(new).await.unwrap().version, 2);
}

/// Even if it is described anew.
pub async fn the_same_content_under_the_same_name_changes_nothing(fixture: Catalog) {
    let catalog = &fixture.catalog;
    let first = catalog.add(dataset("a", "A", &bars())).await.unwrap();
    let again = Dataset { created_at: day(9), ..dataset("a", "OTHER", &bars()) };
    assert_eq!(catalog.add(again).await.unwrap(), first);
    assert_eq!(catalog.find(&named("a")).await.unwrap(), Some(first));
}

/// It counts up from 1, also when the content was there before the latest.
pub async fn other_content_under_the_same_name_is_a_new_version(fixture: Catalog) {
    let catalog = &fixture.catalog;
    for (version, first) in [(1, 10.0), (2, 20.0), (3, 10.0)] {
        let added = catalog.add(dataset("a", "A", &bars_from(first))).await.unwrap();
        assert_eq!(added.version, version);
        assert_eq!(catalog.find(&named("a")).await.unwrap(), Some(added));
    }
}

/// Names do not share versions.
pub async fn the_same_content_under_another_name_is_another_dataset(fixture: Catalog) {
    let catalog = &fixture.catalog;
    for name in ["a", "b"] {
        assert_eq!(catalog.add(dataset(name, "A", &bars())).await.unwrap().version, 1);
    }
    assert_eq!(catalog.list(None, 10).await.unwrap().len(), 2);
}

/// Each content gets one number and each number one content.
pub async fn additions_at_the_same_moment_get_numbers_of_their_own(fixture: Catalog) {
    let fixture = Arc::new(fixture);
    let add = |n: u32| {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            let bars = bars_from(10.0 + f64::from(n));
            fixture.catalog.add(dataset("a", "A", &bars)).await.unwrap().version
        })
    };
    let tasks: Vec<_> = (0..8).map(add).collect();
    let mut versions = Vec::new();
    for task in tasks {
        versions.push(task.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=8).collect::<Vec<_>>());
}

/// A name that was never added.
pub async fn find_says_none_when_there_is_no_such_dataset(fixture: Catalog) {
    assert_eq!(fixture.catalog.find(&named("a")).await.unwrap(), None);
}

/// Both must fit, and the latest version alone counts.
pub async fn find_by_symbol_gives_the_latest_versions_by_name(fixture: Catalog) {
    let catalog = &fixture.catalog;
    let daily = dataset("c", "X", &bars()).interval;
    for (name, text) in [("c", "X"), ("a", "X"), ("b", "Y"), ("d", "X")] {
        catalog.add(dataset(name, text, &bars())).await.unwrap();
    }
    let mut hourly = dataset("e", "X", &bars());
    hourly.interval = "1h".parse().unwrap();
    catalog.add(hourly).await.unwrap();
    // The latest version of `d` is of another symbol.
    catalog.add(dataset("d", "Z", &bars_from(7.0))).await.unwrap();
    let found = catalog.find_by_symbol(&symbol("X"), daily).await.unwrap();
    assert_eq!(ids(&found), ["a", "c"]);
    assert_eq!(catalog.find_by_symbol(&symbol("W"), daily).await.unwrap(), []);
}

/// One row a name.
pub async fn list_gives_the_latest_versions_by_name(fixture: Catalog) {
    let catalog = &fixture.catalog;
    for name in ["b", "a_2", "a-1", "c"] {
        catalog.add(dataset(name, "A", &bars())).await.unwrap();
    }
    let second = catalog.add(dataset("b", "A", &bars_from(7.0))).await.unwrap();
    let listed = catalog.list(None, 10).await.unwrap();
    assert_eq!(ids(&listed), ["a-1", "a_2", "b", "c"]);
    assert_eq!(listed[2], second);
}

/// Page by page.
pub async fn list_goes_on_after_a_name_and_keeps_to_its_limit(fixture: Catalog) {
    let catalog = &fixture.catalog;
    for name in ["a", "b", "c", "d"] {
        catalog.add(dataset(name, "A", &bars())).await.unwrap();
    }
    assert_eq!(ids(&catalog.list(None, 2).await.unwrap()), ["a", "b"]);
    assert_eq!(ids(&catalog.list(Some(&named("b")), 2).await.unwrap()), ["c", "d"]);
    assert_eq!(ids(&catalog.list(Some(&named("bb")), 1).await.unwrap()), ["c"]);
    assert_eq!(ids(&catalog.list(Some(&named("d")), 2).await.unwrap()), [""; 0]);
}
