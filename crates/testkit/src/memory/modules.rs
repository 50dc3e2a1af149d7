//! Modules in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::guest::ModuleRef;
use tapedeck_domain::port::{ModuleStore, StorageError};

/// Modules by content.
#[derive(Debug, Default)]
pub struct MemoryModules(Mutex<HashMap<String, Arc<[u8]>>>);

impl MemoryModules {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl ModuleStore for MemoryModules {
    async fn put(&self, module: Arc<[u8]>) -> Result<ModuleRef, StorageError> {
        let reference = ModuleRef::of(&module);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(reference.content_hash.clone()).or_insert(module);
        Ok(reference)
    }

    async fn open(&self, module: &ModuleRef) -> Result<Option<Arc<[u8]>>, StorageError> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(all.get(&module.content_hash).cloned())
    }
}
