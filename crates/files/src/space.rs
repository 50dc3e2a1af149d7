//! How much is stored, and how much more may be.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tapedeck_domain::port::{Clock, StorageError, StorageUsage};

use crate::objects::{blocking, fault};

/// How much may be stored, in bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SpaceLimits {
    /// Of all files together, if there is a quota.
    pub quota: Option<u64>,
    /// Free space of the file system that is left alone.
    pub min_free: u64,
}

/// Counts what is stored: by walking the directory now and then, and by adding its own writes
/// since. Other processes write there, too, so no count is exact; none is older than a minute.
pub(crate) struct Space {
    root: PathBuf,
    limits: SpaceLimits,
    clock: Option<Arc<dyn Clock>>,
    count: Mutex<Count>,
    counting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Count {
    /// When the directory was walked; never at first.
    at: Option<Duration>,
    /// What was found.
    found: u64,
    /// What this process wrote since the walk began; some of it may have been found as well.
    written: u64,
    /// Whether this process removed something since.
    removed: bool,
}

/// A count that is older is renewed.
const STALE: Duration = Duration::from_secs(60);

/// Nobody is refused for a count that is older: somebody else may have made room.
const STALE_WHEN_FULL: Duration = Duration::from_secs(1);

/// The unit in which file systems give out space.
const BLOCK: u64 = 4096;

impl Space {
    /// Of a directory. Without a clock, each question walks the directory.
    pub(crate) fn new(root: PathBuf, limits: SpaceLimits, clock: Option<Arc<dyn Clock>>) -> Self {
        Self {
            root,
            limits,
            clock,
            count: Mutex::default(),
            counting: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How full the directory is. Walks it only if it has to: at first, and before it says that
    /// there is no room; otherwise that is done aside.
    pub(crate) async fn usage(self: &Arc<Self>) -> Result<StorageUsage, StorageError> {
        self.usage_for(0).await
    }

    /// The same, where `bytes` more are to be written.
    async fn usage_for(self: &Arc<Self>, bytes: u64) -> Result<StorageUsage, StorageError> {
        match self.age() {
            None => self.walk(Duration::ZERO).await?,
            Some(age) if age > STALE => self.walk_aside(),
            Some(_) => {}
        }
        let usage = self.measured().await?;
        let counted_long_ago = self.age().is_none_or(|age| age > STALE_WHEN_FULL);
        if usage.room_for(bytes).is_ok() || !(counted_long_ago || self.count().removed) {
            return Ok(usage);
        }
        self.walk(STALE_WHEN_FULL).await?;
        self.measured().await
    }

    /// Whether there is room for files of these sizes together.
    pub(crate) async fn check(self: &Arc<Self>, files: &[u64]) -> Result<(), StorageError> {
        let bytes = files.iter().copied().map(on_disk).sum();
        self.usage_for(bytes).await?.room_for(bytes)
    }

    /// Counts a file of this size as written, if there is room for it.
    pub(crate) async fn reserve(self: &Arc<Self>, bytes: u64) -> Result<(), StorageError> {
        let bytes = on_disk(bytes);
        self.usage_for(bytes).await?.room_for(bytes)?;
        self.count().written += bytes;
        Ok(())
    }

    /// They were not written after all.
    pub(crate) fn release(&self, bytes: u64) {
        let mut count = self.count();
        count.written = count.written.saturating_sub(on_disk(bytes));
    }

    /// Something was removed.
    pub(crate) fn removed(&self) {
        self.count().removed = true;
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old the count is; `None` when it cannot be used.
    fn age(&self) -> Option<Duration> {
        let (at, clock) = (self.count().at?, self.clock.as_ref()?);
        Some(clock.monotonic().saturating_sub(at))
    }

    async fn measured(&self) -> Result<StorageUsage, StorageError> {
        let used = {
            let count = self.count();
            count.found + count.written
        };
        let root = self.root.clone();
        let free = blocking(move || {
            let found =
                rustix::fs::statvfs(&root).map_err(|error| fault(std::io::Error::from(error)))?;
            Ok(found.f_bavail.saturating_mul(found.f_frsize))
        });
        let SpaceLimits { quota, min_free } = self.limits;
        Ok(StorageUsage { used, quota, free: free.await?, min_free })
    }

    fn walk_aside(self: &Arc<Self>) {
        if self.counting.try_lock().is_err() {
            return;
        }
        let space = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = space.walk(STALE).await {
                tracing::warn!(%error, "the data directory cannot be counted");
            }
        });
    }

    /// Counts anew, unless somebody did while this waited for its turn.
    async fn walk(&self, fresh: Duration) -> Result<(), StorageError> {
        let _turn = self.counting.lock().await;
        if self.age().is_some_and(|age| age <= fresh) && !self.count().removed {
            return Ok(());
        }
        {
            let mut count = self.count();
            (count.found, count.written) = (count.found + count.written, 0);
            count.removed = false;
        }
        let root = self.root.clone();
        let found = blocking(move || Ok(size(&root))).await?;
        let mut count = self.count();
        count.found = found;
        count.at = self.clock.as_ref().map(|clock| clock.monotonic());
        Ok(())
    }
}

/// The size of all files under `dir`. What vanishes meanwhile, or cannot be read, counts nothing.
fn size(dir: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => on_disk(found.len()),
        Err(_) => 0,
    });
    sizes.sum()
}

fn on_disk(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK).saturating_mul(BLOCK)
}
