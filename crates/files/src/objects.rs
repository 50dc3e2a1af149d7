//! The object store, and the few things that are done with it.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::ErrorKind;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};
use tapedeck_domain::port::{Clock, StorageError, StorageUsage};

use crate::space::{Space, SpaceLimits};

/// Where files are kept. Cloning shares it.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    space: Arc<Space>,
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
        let space = Arc::new(Space::new(dir.to_owned(), SpaceLimits::default(), None));
        let objects = Self { store, space };
        // Found now and not with the first result at night. What is full is no reason not to
        // start: somebody must be able to read and to remove.
        match objects.check_writable().await {
            Ok(()) | Err(StorageError::Full { .. }) => Ok(objects),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// The same place, of which no more than so much is taken. The clock says when what is there
    /// was counted last.
    #[must_use]
    pub fn within(self, limits: SpaceLimits, clock: Arc<dyn Clock>) -> Self {
        let space = Arc::new(Space::new(self.root(), limits, Some(clock)));
        Self { space, ..self }
    }

    /// The directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.space.root().to_owned()
    }

    /// How full it is.
    pub(crate) async fn usage(&self) -> Result<StorageUsage, StorageError> {
        self.space.usage().await
    }

    /// Notes that something was removed.
    pub(crate) fn removed(&self) {
        self.space.removed();
    }

    /// Writes a small object, reads it back and removes it again. Its name is one of its own:
    /// others look at the same moment, in this process and in others that share the directory.
    pub(crate) async fn check_writable(&self) -> Result<(), StorageError> {
        let token = format!("{:016x}", RandomState::new().build_hasher().finish());
        let name = format!("probe/{token}");
        self.write(&name, token.clone().into_bytes()).await?;
        let read = self.get(&name).await;
        self.delete(&name).await?;
        match read? {
            Some(found) if found == token.as_bytes() => Ok(()),
            Some(_) | None => Err(StorageError::corrupt("what is written is not what is read")),
        }
    }

    /// Whether there is room for all of `files`, so that the first is not written in vain.
    pub(crate) async fn check_room(
        &self,
        files: &[(&'static str, Vec<u8>)],
    ) -> Result<(), StorageError> {
        let sizes: Vec<u64> = files.iter().map(|(_, content)| content.len() as u64).collect();
        self.space.check(&sizes).await
    }

    /// Writes all of `content` or nothing, if there is room for it; synced when it returns.
    pub(crate) async fn put(&self, name: &str, content: Vec<u8>) -> Result<(), StorageError> {
        let bytes = content.len() as u64;
        self.space.reserve(bytes).await?;
        let written = self.write(name, content).await;
        if written.is_err() {
            self.space.release(bytes);
        }
        written
    }

    async fn write(&self, name: &str, content: Vec<u8>) -> Result<(), StorageError> {
        let name = Path::from(name);
        self.store.put(&name, content.into()).await.map(drop).map_err(fault)
    }

    /// Whether there is an object of this name.
    pub(crate) async fn exists(&self, name: &str) -> Result<bool, StorageError> {
        match self.store.head(&Path::from(name)).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// The content of an object; `None` when there is none of this name.
    pub(crate) async fn get(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        match self.store.get(&Path::from(name)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(fault),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// Removes an object; one that is not there is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.delete(name).await?;
        self.removed();
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<(), StorageError> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }
}

/// Runs CPU-bound work where it holds up nobody else.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    tokio::task::spawn_blocking(work).await.map_err(StorageError::unavailable)?
}

/// What the system said, from however deep: no space and no quota left is something that people
/// can see to, and so is told apart.
pub(crate) fn fault(error: impl std::error::Error + Send + Sync + 'static) -> StorageError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        let system = found.downcast_ref::<std::io::Error>();
        if let Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) =
            system.map(std::io::Error::kind)
        {
            return StorageError::Full { what: found.to_string() };
        }
        cause = found.source();
    }
    StorageError::unavailable(error)
}

#[cfg(test)]
mod tests {
    use std::io::Error as SystemError;

    use super::*;

    /// As the object store hands it on.
    fn wrapped(code: i32) -> StorageError {
        let source = Box::new(SystemError::from_raw_os_error(code));
        fault(Error::Generic { store: "test", source })
    }

    #[test]
    fn no_space_and_no_quota_left_are_told_from_other_faults() {
        let (no_space, no_quota, input_output) = (28, 122, 5);
        assert!(matches!(wrapped(no_space), StorageError::Full { .. }));
        assert!(matches!(wrapped(no_quota), StorageError::Full { .. }));
        assert!(matches!(wrapped(input_output), StorageError::Unavailable(_)));
    }
}
