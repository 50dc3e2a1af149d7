//! Store, change and remove strategies.

use tapedeck_domain::id::StrategyId;
use tapedeck_domain::rules::RuleSet;
use tapedeck_domain::stored_strategy::{StoredStrategy, StrategyDraft};
use tapedeck_domain::strategy::{INLINE, StrategyKind};

use super::check::rule_faults;
use super::{Strategies, StrategyConflict, StrategyError, StrategyView};

/// Names that stand for something else in a path or in a run.
const RESERVED: [&str; 3] = [INLINE, "validate", "rules-schema"];

/// How often a change is tried anew when others change the same strategy.
const ATTEMPTS: usize = 32;

/// From which versions a change may be made; from any, when nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedVersion(pub Option<Vec<u32>>);

impl ExpectedVersion {
    fn check(&self, latest: u32) -> Result<(), StrategyConflict> {
        let allowed = self.0.as_ref().is_none_or(|allowed| allowed.contains(&latest));
        if allowed { Ok(()) } else { Err(StrategyConflict::Moved { latest }) }
    }
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Updated {
    /// There is a new version.
    Changed(StrategyView),
    /// The latest version says the same already; this is it.
    Unchanged(StrategyView),
}

impl Updated {
    /// The latest version, new or old.
    pub const fn view(&self) -> &StrategyView {
        match self {
            Self::Changed(view) | Self::Unchanged(view) => view,
        }
    }
}

impl Strategies {
    /// Stores a new rule set.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn create(
        &self,
        id: StrategyId,
        draft: StrategyDraft,
    ) -> Result<StrategyView, StrategyError> {
        self.changeable(&id)?;
        valid(&draft)?;
        self.add_first(id, draft).await
    }

    pub(super) async fn add_first(
        &self,
        id: StrategyId,
        draft: StrategyDraft,
    ) -> Result<StrategyView, StrategyError> {
        let first = StoredStrategy::first(id, draft, self.clock.now());
        let added = self.store.add(first.clone()).await?;
        added.map_err(|_| StrategyConflict::Taken)?;
        tracing::info!(strategy.id = %first.reference.id, "strategy stored");
        Ok(StrategyView::stored(first)?)
    }

    /// Stores a new version of a rule set, unless the latest one says the same. Of two changes at the same
    /// moment the later one becomes the version after the earlier one, or is refused if it
    /// expected another.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn update(
        &self,
        id: &StrategyId,
        draft: StrategyDraft,
        expected: &ExpectedVersion,
    ) -> Result<Updated, StrategyError> {
        self.changeable(id)?;
        valid(&draft)?;
        self.add_next(id, draft, expected).await
    }

    pub(super) async fn add_next(
        &self,
        id: &StrategyId,
        draft: StrategyDraft,
        expected: &ExpectedVersion,
    ) -> Result<Updated, StrategyError> {
        let mut latest = self.latest(id).await?;
        of_kind(&latest, draft.kind)?;
        for _ in 0..ATTEMPTS {
            let Some(next) = latest.next(draft.clone(), self.clock.now()) else {
                // Also when the version was another one than expected: it may be the client's
                // own request, whose answer was lost.
                return Ok(Updated::Unchanged(StrategyView::stored(latest)?));
            };
            expected.check(latest.reference.version)?;
            if self.store.add(next.clone()).await?.is_ok() {
                let version = next.reference.version;
                tracing::info!(strategy.id = %id, strategy.version = version, "strategy changed");
                return Ok(Updated::Changed(StrategyView::stored(next)?));
            }
            latest = self.latest(id).await?;
        }
        Err(StrategyConflict::Moved { latest: latest.reference.version }.into())
    }

    /// Removes a strategy: it is found no more, and can be named by no new run. Runs that were
    /// submitted before have its rules.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn remove(
        &self,
        id: &StrategyId,
        expected: &ExpectedVersion,
    ) -> Result<(), StrategyError> {
        self.changeable(id)?;
        let mut latest = self.latest(id).await?.reference.version;
        for _ in 0..ATTEMPTS {
            expected.check(latest)?;
            if self.store.remove(id, latest, self.clock.now()).await?.is_ok() {
                tracing::info!(strategy.id = %id, strategy.version = latest, "strategy removed");
                return Ok(());
            }
            latest = self.latest(id).await?.reference.version;
        }
        Err(StrategyConflict::Moved { latest }.into())
    }

    pub(super) async fn latest(&self, id: &StrategyId) -> Result<StoredStrategy, StrategyError> {
        self.store.find(id, None).await?.ok_or(StrategyError::NotFound)
    }

    pub(super) fn changeable(&self, id: &StrategyId) -> Result<(), StrategyConflict> {
        if RESERVED.contains(&id.as_str()) {
            return Err(StrategyConflict::Reserved);
        }
        match self.catalog.find(id) {
            Some(_) => Err(StrategyConflict::BuiltIn),
            None => Ok(()),
        }
    }
}

/// Whether a version of this kind can follow.
pub(super) fn of_kind(latest: &StoredStrategy, kind: StrategyKind) -> Result<(), StrategyConflict> {
    if latest.kind == kind { Ok(()) } else { Err(StrategyConflict::OtherKind(latest.kind)) }
}

fn valid(draft: &StrategyDraft) -> Result<(), StrategyError> {
    let faults = RuleSet::parse(&draft.definition).err();
    faults.map_or(Ok(()), |faults| Err(StrategyError::Invalid(rule_faults(faults))))
}
