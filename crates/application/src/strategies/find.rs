//! Look strategies up.

use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::StorageError;
use tapedeck_domain::strategy::Strategy;

use super::{Strategies, StrategyError, StrategyView};

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct StrategyViews {
    /// The strategies, or versions, of this part.
    pub items: Vec<StrategyView>,
    /// All that there are.
    pub total: u64,
}

impl Strategies {
    /// A version of a strategy, the latest when none is named.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn find(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<StrategyView, StrategyError> {
        let view = self.version_or_latest(id, version).await?.ok_or(StrategyError::NotFound)?;
        let found = view.strategy.reference.version;
        match version {
            Some(wanted) if wanted != found => Err(StrategyError::NoSuchVersion { latest: found }),
            Some(_) | None => Ok(view),
        }
    }

    /// The strategy for a run: the version that is asked for, or the latest, if it has no such
    /// version.
    pub(crate) async fn choose(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<Strategy>, StorageError> {
        Ok(self.version_or_latest(id, version).await?.map(|view| view.strategy))
    }

    async fn version_or_latest(
        &self,
        id: &StrategyId,
        version: Option<u32>,
    ) -> Result<Option<StrategyView>, StorageError> {
        if let Some(strategy) = self.catalog.find(id) {
            return Ok(Some(StrategyView::built_in(strategy)));
        }
        let found = match (self.store.find(id, version).await?, version) {
            (None, Some(_)) => self.store.find(id, None).await?,
            (found, _) => found,
        };
        found.map(StrategyView::stored).transpose()
    }

    /// The latest versions after the strategy `after`: stored ones, newest strategy first, then
    /// those that came with the server.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(
        &self,
        after: Option<&StrategyId>,
        limit: usize,
    ) -> Result<StrategyViews, StorageError> {
        let built_in = self.catalog.list();
        let place = after.and_then(|id| built_in.iter().position(|s| s.reference.id == *id));
        let listed = match place {
            // Past the stored ones, which are counted all the same.
            Some(_) => self.store.list(None, 0).await?,
            None => self.store.list(after, limit).await?,
        };
        let total = listed.total + built_in.len() as u64;
        let stored = listed.strategies.into_iter().map(StrategyView::stored);
        let mut items = stored.collect::<Result<Vec<_>, _>>()?;
        let rest = built_in.into_iter().skip(place.map_or(0, |place| place + 1));
        items.extend(rest.take(limit - items.len()).map(StrategyView::built_in));
        Ok(StrategyViews { items, total })
    }

    /// The versions of a strategy before `before`, newest first.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn versions(
        &self,
        id: &StrategyId,
        before: Option<u32>,
        limit: usize,
    ) -> Result<StrategyViews, StrategyError> {
        let latest = self.find(id, None).await?;
        let total = u64::from(latest.strategy.reference.version);
        if latest.stored.is_none() {
            let earlier = before.is_none_or(|before| latest.strategy.reference.version < before);
            return Ok(StrategyViews {
                items: Vec::from_iter(earlier.then_some(latest)),
                total: 1,
            });
        }
        let versions = self.store.versions(id, before, limit).await?;
        let items = versions.into_iter().map(StrategyView::stored).collect::<Result<_, _>>()?;
        Ok(StrategyViews { items, total })
    }
}
