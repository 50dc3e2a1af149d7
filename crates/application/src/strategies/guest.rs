//! Store, check and hand out the modules of guest strategies.

use std::sync::Arc;

use tapedeck_domain::guest::{GuestDefinition, GuestMetadata, ModuleRef, printable};
use tapedeck_domain::id::StrategyId;
use tapedeck_domain::port::{InspectError, StorageError};
use tapedeck_domain::stored_strategy::StrategyDraft;
use tapedeck_domain::strategy::{Strategy, StrategyKind, StrategyRef};

use super::write::of_kind;
use super::{
    ExpectedVersion, RulesCheck, Strategies, StrategyConflict, StrategyError, StrategyView, Updated,
};
use crate::request::{FaultCode, FieldFault};

/// A module that is to be a strategy.
#[derive(Debug, Clone)]
pub struct GuestUpload {
    /// A name for people; that in the module, of the version before, or the id, when nothing is
    /// said.
    pub name: Option<String>,
    /// What it does; as in the module, or in the version before, when nothing is said.
    pub description: Option<String>,
    /// The module.
    pub module: Arc<[u8]>,
}

/// Characters of what is told about a module that cannot be run.
const REASON_LENGTH: usize = 1_000;

impl Strategies {
    /// Stores a new strategy that is a module. The module is run by nobody before it was
    /// inspected, and kept before a version names it.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn create_guest(
        &self,
        id: StrategyId,
        upload: GuestUpload,
    ) -> Result<StrategyView, StrategyError> {
        self.changeable(&id)?;
        // An inspection costs something, so what cannot become of anything is not inspected. The
        // store has the last word: of names that were used before, it alone knows.
        if self.store.find(&id, None).await?.is_some() {
            return Err(StrategyConflict::Taken.into());
        }
        let draft = self.guest_draft(upload).await?;
        self.add_first(id, draft).await
    }

    /// Stores a new version of a strategy that is a module, as [`update`](Self::update) does for
    /// rules.
    ///
    /// # Errors
    /// See [`StrategyError`].
    pub async fn update_guest(
        &self,
        id: &StrategyId,
        upload: GuestUpload,
        expected: &ExpectedVersion,
    ) -> Result<Updated, StrategyError> {
        self.changeable(id)?;
        of_kind(&self.latest(id).await?, StrategyKind::Guest)?;
        let draft = self.guest_draft(upload).await?;
        self.add_next(id, draft, expected).await
    }

    /// Whether a module could be stored and run. Changes nothing.
    ///
    /// # Errors
    /// It could not be found out.
    pub async fn check_guest(&self, module: Arc<[u8]>) -> Result<RulesCheck, StrategyError> {
        let metadata = match self.inspect(Arc::clone(&module)).await {
            Ok(metadata) => metadata,
            Err(StrategyError::Invalid(faults)) => return Ok(RulesCheck::Invalid(faults)),
            Err(other) => return Err(other),
        };
        let definition = GuestDefinition::new(&module, &metadata);
        let reference = StrategyRef { id: StrategyId::inline(), version: 1 };
        let name = metadata.name.unwrap_or_else(|| "Module".to_owned());
        let description = metadata.description.unwrap_or_default();
        let strategy = Strategy::of_guest(reference, name, description, &definition);
        let defaults = strategy.params(&Default::default()).unwrap_or_default();
        let summary = strategy.summary(&defaults);
        Ok(RulesCheck::Valid { strategy: Box::new(strategy), summary, warnings: Vec::new() })
    }

    /// The bytes of a module that a version names.
    ///
    /// # Errors
    /// The store failed, or has lost it.
    pub async fn module(&self, module: &ModuleRef) -> Result<Arc<[u8]>, StorageError> {
        let found = self.modules.open(module).await?;
        found.ok_or_else(|| {
            StorageError::corrupt(format!("the module {} is gone", module.content_hash))
        })
    }

    /// Inspected first, so that what is refused leaves nothing behind; kept before anything names
    /// it.
    async fn guest_draft(&self, upload: GuestUpload) -> Result<StrategyDraft, StrategyError> {
        let GuestUpload { name, description, module } = upload;
        let metadata = self.inspect(Arc::clone(&module)).await?;
        let definition = GuestDefinition::new(&module, &metadata).to_value();
        self.modules.put(module).await?;
        Ok(StrategyDraft {
            kind: StrategyKind::Guest,
            name: name.or(metadata.name),
            description: description.or(metadata.description),
            definition,
        })
    }

    async fn inspect(&self, module: Arc<[u8]>) -> Result<GuestMetadata, StrategyError> {
        let metadata = match self.inspector.inspect(module).await {
            Ok(metadata) => metadata,
            Err(InspectError::Unusable(why)) => {
                return Err(StrategyError::Invalid(vec![fault(FaultCode::Type, &why)]));
            }
            Err(error @ InspectError::Internal(_)) => return Err(StrategyError::Inspection(error)),
        };
        match metadata.check() {
            Ok(()) => Ok(metadata),
            Err(faults) => {
                let faults = faults.iter().map(|detail| fault(FaultCode::Range, detail));
                Err(StrategyError::Invalid(faults.collect()))
            }
        }
    }
}

/// A fault of the module as a whole. What is told of it may be made of what is in it.
fn fault(code: FaultCode, detail: &str) -> FieldFault {
    FieldFault { pointer: String::new(), code, detail: printable(detail, REASON_LENGTH) }
}
