use async_trait::async_trait;
use tapedeck_domain::port::{Override, OverrideChange, OverrideStore, StorageError};

use super::MemoryJobs;

#[async_trait]
impl OverrideStore for MemoryJobs {
    async fn all(&self) -> Result<Vec<Override>, StorageError> {
        Ok(self.lock().overrides.values().cloned().collect())
    }

    async fn change(&self, change: OverrideChange) -> Result<bool, StorageError> {
        let OverrideChange { key, expected, next, audit } = change;
        let mut state = self.lock();
        let held = state.overrides.get(&key).map(|held| &held.value);
        if held != expected.as_ref() || (held.is_none() && next.is_none()) {
            return Ok(false);
        }
        match next {
            Some(next) => drop(state.overrides.insert(key, next)),
            None => drop(state.overrides.remove(&key)),
        }
        state.audit(audit);
        Ok(true)
    }
}
