//! The contract of `DatasetStore`.

use std::sync::Arc;

use tapedeck_domain::port::StorageError;

use super::Files;
use crate::builders::{bars, bars_from};

/// Every bit of every column.
pub async fn open_gives_the_bars_that_were_put(files: Files) {
    let bars = Arc::new(bars());
    let hash = bars.content_hash();
    files.store.put(&hash, Arc::clone(&bars)).await.unwrap();
    let opened = files.store.open(&hash).await.unwrap().unwrap();
    assert_eq!(opened, bars);
    assert_eq!(opened.content_hash(), hash);
}

/// Each by its own hash.
pub async fn several_bars_are_kept_side_by_side(files: Files) {
    for first in [10.0, 20.0] {
        let bars = Arc::new(bars_from(first));
        files.store.put(&bars.content_hash(), bars).await.unwrap();
    }
    for first in [10.0, 20.0] {
        let bars = bars_from(first);
        let opened = files.store.open(&bars.content_hash()).await.unwrap().unwrap();
        assert_eq!(*opened, bars);
    }
}

/// However often.
pub async fn putting_the_same_bars_again_changes_nothing(files: Files) {
    let bars = Arc::new(bars());
    let hash = bars.content_hash();
    for _ in 0..3 {
        files.store.put(&hash, Arc::clone(&bars)).await.unwrap();
    }
    assert_eq!(files.store.open(&hash).await.unwrap(), Some(bars));
}

/// Two imports of one file.
pub async fn the_same_bars_can_be_put_at_the_same_moment(files: Files) {
    let files = Arc::new(files);
    let bars = Arc::new(bars());
    let put = |_| {
        let (files, bars) = (Arc::clone(&files), Arc::clone(&bars));
        tokio::spawn(async move { files.store.put(&bars.content_hash(), bars).await.unwrap() })
    };
    let tasks: Vec<_> = (0..8).map(put).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(files.store.open(&bars.content_hash()).await.unwrap(), Some(bars));
}

/// Which is not an error.
pub async fn open_says_none_when_the_bars_were_never_put(files: Files) {
    assert_eq!(files.store.open(&bars().content_hash()).await.unwrap(), None);
}

/// Under a hash that is not theirs.
pub async fn bars_whose_content_is_not_that_of_the_hash_are_an_error(files: Files) {
    let other = bars_from(10.0).content_hash();
    files.store.put(&other, Arc::new(bars())).await.unwrap();
    let opened = files.store.open(&other).await;
    assert!(matches!(opened, Err(StorageError::Corrupt { .. })), "{opened:?}");
}

/// Where the fixture can damage it.
pub async fn damaged_bars_are_an_error(files: Files) {
    let Some(corrupt) = &files.corrupt else { return };
    let hash = bars().content_hash();
    files.store.put(&hash, Arc::new(bars())).await.unwrap();
    corrupt();
    let opened = files.store.open(&hash).await;
    assert!(matches!(opened, Err(StorageError::Corrupt { .. })), "{opened:?}");
}
