//! A folder whose files are only ever added to, by one process at a time.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// A folder of numbered files.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Makes it where it is missing, and waits until nobody else changes it. Held until the file is
    /// dropped; a process that dies lets go of it.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let is_new = !self.0.exists();
        std::fs::create_dir_all(&self.0)?;
        if is_new && let Some(parent) = self.0.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            sync(parent)?;
        }
        let lock = OpenOptions::new().create(true).append(true).open(self.0.join("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(lock)
    }

    /// The names that `parse` knows, in order; none where there is no folder.
    pub(super) fn list<T: Ord>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Error> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            found.extend(entry?.file_name().to_str().and_then(&parse));
        }
        found.sort();
        Ok(found)
    }

    /// So that the names in it outlive a power cut.
    pub(super) fn sync(&self) -> Result<(), Error> {
        sync(&self.0)
    }
}

fn sync(dir: &Path) -> Result<(), Error> {
    File::open(dir)?.sync_all()
}
