//! Modules of guest strategies: a file each, named by its content.

use std::sync::Arc;

use async_trait::async_trait;
use tapedeck_domain::guest::ModuleRef;
use tapedeck_domain::port::{ModuleStore, StorageError};

use crate::objects::{Objects, blocking};

/// Modules as they were sent.
pub struct ModuleFiles(pub Objects);

fn name(module: &ModuleRef) -> String {
    format!("modules/{}.wasm", module.content_hash)
}

#[async_trait]
impl ModuleStore for ModuleFiles {
    async fn put(&self, module: Arc<[u8]>) -> Result<ModuleRef, StorageError> {
        let (reference, content) = blocking(move || {
            let reference = ModuleRef::of(&module);
            Ok((reference, module.to_vec()))
        })
        .await?;
        let name = name(&reference);
        if !self.0.exists(&name).await? {
            self.0.put(&name, content).await?;
        }
        Ok(reference)
    }

    async fn open(&self, module: &ModuleRef) -> Result<Option<Arc<[u8]>>, StorageError> {
        let Some(content) = self.0.get(&name(module)).await? else { return Ok(None) };
        let expected = module.clone();
        blocking(move || {
            if ModuleRef::of(&content) == expected {
                return Ok(Some(Arc::from(content.as_ref())));
            }
            let hash = expected.content_hash;
            Err(StorageError::corrupt(format!("module {hash}: its content changed")))
        })
        .await
    }
}
