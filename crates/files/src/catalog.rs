//! Reports and sweeps alike: what there is, whose it is, and how it goes.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tapedeck_domain::id::BacktestId;
use tapedeck_domain::job::ReportRef;
use tapedeck_domain::port::{ArtifactCatalog, StorageError, StorageUsage, StoredArtifact};

use crate::objects::{Objects, blocking, fault};
use crate::unfinished;

/// Reports and sweeps as directories, `reports/JOB/HASH` and `sweeps/JOB/HASH`.
pub struct ArtifactFiles(pub Objects);

/// In the order of their names.
const KINDS: [&str; 2] = ["reports", "sweeps"];

/// Without it there is no artifact, whatever else is left.
const SUMMARY: &str = "summary.json";

#[async_trait]
impl ArtifactCatalog for ArtifactFiles {
    async fn list(
        &self,
        after: Option<ReportRef>,
        limit: usize,
    ) -> Result<Vec<StoredArtifact>, StorageError> {
        let root = self.0.root();
        blocking(move || list(&root, after.as_ref(), limit).map_err(fault)).await
    }

    async fn remove(&self, report: &ReportRef) -> Result<(), StorageError> {
        // A name of another form is no artifact, and must not lead anywhere else.
        let Some(dir) = directory(&self.0.root(), report) else { return Ok(()) };
        blocking(move || remove(&dir).map_err(fault)).await?;
        self.0.removed();
        Ok(())
    }

    async fn sweep_unfinished(&self) -> Result<u64, StorageError> {
        let root = self.0.root();
        blocking(move || unfinished::sweep(&root).map_err(fault)).await
    }

    async fn usage(&self) -> Result<StorageUsage, StorageError> {
        self.0.usage().await
    }
}

fn list(
    root: &Path,
    after: Option<&ReportRef>,
    limit: usize,
) -> Result<Vec<StoredArtifact>, Error> {
    let after = after.map_or("", |report| report.0.as_str());
    let mut found = Vec::new();
    for kind in KINDS {
        let jobs = names(&root.join(kind))?;
        for (name, job) in jobs.iter().filter_map(|name| Some((name, job(name)?))) {
            let prefix = format!("{kind}/{name}/");
            if *prefix < *after && !after.starts_with(&prefix) {
                continue;
            }
            let hashes = names(&root.join(&prefix))?;
            let reports = hashes.into_iter().map(|hash| ReportRef(prefix.clone() + &hash));
            let rest = reports.filter(|report| *report.0 > *after).take(limit - found.len());
            found.extend(rest.map(|report| StoredArtifact { report, job }));
            if found.len() == limit {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// The job that a directory is named by.
fn job(name: &str) -> Option<BacktestId> {
    name.parse().ok().filter(|id: &BacktestId| id.to_string() == name)
}

/// The names of the directories in `dir`, in order; none when it is not there.
fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            names.extend(entry.file_name().into_string());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn directory(root: &Path, report: &ReportRef) -> Option<PathBuf> {
    let mut parts = report.0.split('/');
    let (kind, name, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let is_plain = !hash.is_empty() && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_artifact = KINDS.contains(&kind) && job(name).is_some() && is_plain;
    (is_artifact && parts.next().is_none()).then(|| root.join(kind).join(name).join(hash))
}

fn remove(dir: &Path) -> Result<(), Error> {
    or_absent(std::fs::remove_file(dir.join(SUMMARY)))?;
    or_absent(std::fs::remove_dir_all(dir))?;
    // The directory of the job goes with its last artifact; that it holds others is no error.
    if let Some(job) = dir.parent() {
        let _ = std::fs::remove_dir(job);
    }
    Ok(())
}

pub(crate) fn or_absent(result: Result<(), Error>) -> Result<(), Error> {
    result.or_else(|error| if is_absence(&error) { Ok(()) } else { Err(error) })
}

fn is_absence(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound
}
