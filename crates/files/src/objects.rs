//! The object store, and the few things that are done with it.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};
use tapedeck_domain::port::StorageError;

/// Where files are kept. Cloning shares it.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
}

/// The directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the data directory {} cannot be used", path.display())]
pub struct OpenError {
    path: PathBuf,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Objects {
    /// A local directory, created where it is missing.
    ///
    /// # Errors
    /// It cannot be created or written.
    pub async fn local(dir: &FilePath) -> Result<Self, OpenError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError {
            path: dir.to_owned(),
            source,
        };
        std::fs::create_dir_all(dir).map_err(|error| failed(error.into()))?;
        let local = LocalFileSystem::new_with_prefix(dir).map_err(|error| failed(error.into()))?;
        let store = Arc::new(local.with_fsync(true).with_automatic_cleanup(true));
        let objects = Self { store };
        // Found now and not with the first result at night.
        objects.check_writable().await.map_err(|error| failed(error.into()))?;
        Ok(objects)
    }

    /// Writes a small object and removes it again.
    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        const PROBE: &str = "probe/write";
        self.put(PROBE, b"probe".to_vec()).await?;
        self.remove(PROBE).await
    }

    /// Writes all of `content` or nothing; synced when it returns.
    pub(crate) async fn put(&self, name: &str, content: Vec<u8>) -> Result<(), StorageError> {
        let name = Path::from(name);
        let put = self.store.put(&name, content.into()).await;
        put.map(drop).map_err(StorageError::unavailable)
    }

    /// Whether there is an object of this name.
    pub(crate) async fn exists(&self, name: &str) -> Result<bool, StorageError> {
        match self.store.head(&Path::from(name)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(StorageError::unavailable(error)),
        }
    }

    /// The content of an object; `None` when there is none of this name.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        match self.store.get(&Path::from(name)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(StorageError::unavailable),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(StorageError::unavailable(error)),
        }
    }

    /// Removes an object; one that is not there is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), StorageError> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(StorageError::unavailable(error)),
        }
    }
}

/// Runs CPU-bound work where it holds up nobody else.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work).await.map_err(StorageError::unavailable)?
}
