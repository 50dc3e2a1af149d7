//! Inspections that go as a test says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::guest::{GuestMetadata, ModuleRef};
use tapedeck_domain::port::{InspectError, ModuleInspector};

/// What is found out about a module.
#[derive(Debug, Clone)]
pub enum Inspection {
    /// What it says of itself.
    Says(GuestMetadata),
    /// Why it cannot be run.
    Unusable(String),
    /// Nothing: the inspector fails.
    Fails,
}

/// An inspector that looks into nothing.
#[derive(Debug, Default)]
pub struct ScriptedInspector {
    scripts: Mutex<HashMap<String, Inspection>>,
    inspections: AtomicUsize,
}

impl ScriptedInspector {
    /// What is found out about `module` from now on; of others, that they are no modules.
    pub fn expect(&self, module: &[u8], inspection: Inspection) {
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        scripts.insert(ModuleRef::of(module).content_hash, inspection);
    }

    /// How often it was asked.
    pub fn inspections(&self) -> usize {
        self.inspections.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl ModuleInspector for ScriptedInspector {
    async fn inspect(&self, module: Arc<[u8]>) -> Result<GuestMetadata, InspectError> {
        self.inspections.fetch_add(1, Ordering::SeqCst);
        let hash = ModuleRef::of(&module).content_hash;
        let found = self.scripts.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        match found {
            Some(Inspection::Says(metadata)) => Ok(metadata),
            Some(Inspection::Unusable(why)) => Err(InspectError::Unusable(why)),
            Some(Inspection::Fails) => Err(InspectError::Internal("as the script says".into())),
            None => Err(InspectError::Unusable("this is no module".to_owned())),
        }
    }
}
