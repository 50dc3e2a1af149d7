//! The contract of `ModuleStore`.

use std::sync::Arc;

use tapedeck_domain::guest::ModuleRef;
use tapedeck_domain::port::StorageError;

use super::Modules;

/// Bytes of which no store needs to know that they are no module.
fn module(first: u8) -> Arc<[u8]> {
    (0..10_000u32).map(|n| first.wrapping_add((n % 251) as u8)).collect()
}

/// The SHA-256 of the bytes.
pub async fn put_names_a_module_by_its_content(modules: Modules) {
    let named = modules.store.put(module(1)).await.unwrap();
    assert_eq!(named, ModuleRef::of(&module(1)));
    assert_eq!(named.content_hash.len(), 64);
}

/// Every byte; of a module without any, none.
pub async fn open_gives_the_module_that_was_put(modules: Modules) {
    for module in [module(1), Arc::from([])] {
        let named = modules.store.put(Arc::clone(&module)).await.unwrap();
        assert_eq!(modules.store.open(&named).await.unwrap(), Some(module));
    }
}

/// Each by its own hash.
pub async fn several_modules_are_kept_side_by_side(modules: Modules) {
    for first in [1, 2] {
        modules.store.put(module(first)).await.unwrap();
    }
    for first in [1, 2] {
        let opened = modules.store.open(&ModuleRef::of(&module(first))).await.unwrap();
        assert_eq!(opened, Some(module(first)));
    }
}

/// However often.
pub async fn putting_the_same_module_again_changes_nothing(modules: Modules) {
    let first = modules.store.put(module(1)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(modules.store.put(module(1)).await.unwrap(), first);
    }
    assert_eq!(modules.store.open(&first).await.unwrap(), Some(module(1)));
}

/// Two uploads of one file.
pub async fn the_same_module_can_be_put_at_the_same_moment(modules: Modules) {
    let modules = Arc::new(modules);
    let put = |_| {
        let modules = Arc::clone(&modules);
        tokio::spawn(async move { modules.store.put(module(1)).await.unwrap() })
    };
    let tasks: Vec<_> = (0..8).map(put).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), ModuleRef::of(&module(1)));
    }
    let opened = modules.store.open(&ModuleRef::of(&module(1))).await.unwrap();
    assert_eq!(opened, Some(module(1)));
}

/// Which is not an error.
pub async fn open_says_none_when_the_module_was_never_put(modules: Modules) {
    modules.store.put(module(1)).await.unwrap();
    assert_eq!(modules.store.open(&ModuleRef::of(&module(2))).await.unwrap(), None);
}

/// Least of all to a file outside of the store.
pub async fn a_name_that_is_no_hash_leads_nowhere(modules: Modules) {
    modules.store.put(module(1)).await.unwrap();
    for name in ["", "..", "../modules", "/etc/passwd", "../../../../etc/passwd\0"] {
        let named = ModuleRef { content_hash: name.to_owned() };
        assert_eq!(modules.store.open(&named).await.unwrap(), None, "{name:?}");
    }
}

/// Where the fixture can damage it.
pub async fn a_damaged_module_is_an_error(modules: Modules) {
    let Some(corrupt) = &modules.corrupt else { return };
    let named = modules.store.put(module(1)).await.unwrap();
    corrupt();
    let opened = modules.store.open(&named).await;
    assert!(matches!(opened, Err(StorageError::Corrupt { .. })), "{opened:?}");
}
