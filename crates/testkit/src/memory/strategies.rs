//! Stored strategies in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::{StorageError, StrategyList, StrategyStore};
use tapedeck_domain::stored_strategy::{StoredStrategy, VersionConflict};
use tapedeck_domain::time::Timestamp;

/// The versions of a strategy, the first one first.
#[derive(Debug, Default)]
struct Shelf {
    versions: Vec<StoredStrategy>,
    deleted_at: Option<Timestamp>,
}

impl Shelf {
    fn age(&self) -> Option<(Timestamp, StrategyId)> {
        let first = self.versions.first()?;
        Some((first.created_at, first.reference.id.clone()))
    }
}

/// The strategies that were stored.
#[derive(Debug, Default)]
pub struct MemoryStrategies(Mutex<BTreeMap<StrategyId, Shelf>>);

impl MemoryStrategies {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<StrategyId, Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `read` sees of a strategy that was not removed.
    fn living<T>(&self, id: &StrategyId, read: impl FnOnce(&[StoredStrategy]) -> T) -> Option<T> {
        let all = self.lock();
        let shelf = all.get(id).filter(|shelf| shelf.deleted_at.is_none())?;
        Some(read(&shelf.versions))
    }
}

#[async_trait]
impl StrategyStore for MemoryStrategies {
    async fn add(
        &self,
        version: StoredStrategy,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        let mut all = self.lock();
        let shelf = all.entry(version.reference.id.clone()).or_default();
        let next = shelf.versions.len() + 1;
        if shelf.deleted_at.is_some() || version.reference.version as usize != next {
            return Ok(Err(VersionConflict));
        }
        shelf.versions.push(version);
        Ok(Ok(()))
    }

    async fn find(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<StoredStrategy>, StorageError> {
        let found = self.living(id, |versions| match version {
            None => versions.last().cloned(),
            Some(wanted) => versions.iter().find(|v| v.reference.version == wanted).cloned(),
        });
        Ok(found.flatten())
    }

    async fn versions(
        &self,
        id: &StrategyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<Vec<StoredStrategy>, StorageError> {
        let found = self.living(id, |versions| {
            let earlier = |version: &&StoredStrategy| {
                before.is_none_or(|before| version.reference.version < before)
            };
            versions.iter().rev().filter(earlier).take(limit).cloned().collect()
        });
        Ok(found.unwrap_or_default())
    }

    async fn list(
        &self,
        after: Option<&StrategyId>,
        limit: usize,
    ) -> Result<StrategyList, StorageError> {
        let all = self.lock();
        let after_age = after.map(|id| all.get(id).and_then(Shelf::age));
        let mut living: Vec<_> = all.values().filter(|shelf| shelf.deleted_at.is_none()).collect();
        living.sort_by_key(|shelf| Reverse(shelf.age()));
        let total = living.len() as u64;
        let later = living.into_iter().filter(|shelf| match &after_age {
            None => true,
            Some(after) => shelf.age() < *after,
        });
        let strategies = later.filter_map(|shelf| shelf.versions.last().cloned());
        Ok(StrategyList { strategies: strategies.take(limit).collect(), total })
    }

    async fn remove(
        &self,
        id: &StrategyId,
        version: u32,
        at: Timestamp,
    ) -> Result<Result<(), VersionConflict>, StorageError> {
        let mut all = self.lock();
        let living = all.get_mut(id).filter(|shelf| shelf.deleted_at.is_none());
        match living.filter(|shelf| shelf.versions.len() == version as usize) {
            None => Ok(Err(VersionConflict)),
            Some(shelf) => {
                shelf.deleted_at = Some(at);
                Ok(Ok(()))
            }
        }
    }
}
