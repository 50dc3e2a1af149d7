//! The archive of the audit trail: segments in files that are never changed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Error, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use tapedeck_domain::audit::{ChainCheck, ChainHash, Fault, FaultKind, Head};
use tapedeck_domain::port::{AuditArchive, Segment, StorageError};

use super::entry_line::{EntryLine, Header};
use super::folder::Folder;
use crate::objects::{blocking, fault};

/// Segments of the audit trail, in a folder.
#[derive(Debug, Clone)]
pub struct ArchiveFiles(Folder);

impl ArchiveFiles {
    /// In this folder, which is made with the first segment.
    pub fn new(folder: PathBuf) -> Self {
        Self(Folder(folder))
    }

    fn write(&self, segment: &Segment) -> Result<(), Error> {
        let Some(header) = Header::of(segment) else { return Ok(()) };
        let _lock = self.0.lock()?;
        let last = segments(&self.0)?.last().map_or(0, |(_, to)| *to);
        // Somebody else was faster.
        if header.from != last + 1 {
            return Ok(());
        }
        let (unfinished, name) = (self.0.0.join("unfinished"), file_name(header.from, header.to));
        let mut file = File::create(&unfinished)?;
        let lines = segment.links.iter().map(EntryLine::write);
        let text: String = std::iter::once(header.line()).chain(lines).collect();
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, self.0.0.join(name))?;
        self.0.sync()
    }
}

#[async_trait]
impl AuditArchive for ArchiveFiles {
    async fn archived(&self) -> Result<u64, StorageError> {
        let folder = self.0.clone();
        let last = move || Ok(segments(&folder).map_err(fault)?.last().map_or(0, |(_, to)| *to));
        blocking(last).await
    }

    async fn put(&self, segment: Segment) -> Result<(), StorageError> {
        let files = self.clone();
        blocking(move || files.write(&segment).map_err(fault)).await
    }
}

fn file_name(from: u64, to: u64) -> String {
    format!("audit-{from:012}-{to:012}.ndjson")
}

/// The segments, in order.
fn segments(folder: &Folder) -> Result<Vec<(u64, u64)>, Error> {
    folder.list(|name| {
        let (from, to) = name.strip_prefix("audit-")?.strip_suffix(".ndjson")?.split_once('-')?;
        Some((from.parse().ok()?, to.parse().ok()?))
    })
}

/// Checks the archive in a folder, without a database: its last sound link, and the first fault.
///
/// # Errors
/// There are no segments, or they cannot be read.
pub fn verify_archive(folder: &Path) -> Result<(Head, Option<Fault>), Error> {
    let folder = Folder(folder.to_owned());
    let mut check: Option<ChainCheck> = None;
    for (from, to) in segments(&folder)? {
        let file = File::open(folder.0.join(file_name(from, to)))?;
        if let Some(fault) = verify_segment(file, (from, to), &mut check)? {
            return Ok((check.map_or(Head::GENESIS, |check| check.head()), Some(fault)));
        }
    }
    let nothing = || Error::new(std::io::ErrorKind::NotFound, "there are no segments");
    Ok((check.ok_or_else(nothing)?.head(), None))
}

fn verify_segment(
    file: File,
    (from, to): (u64, u64),
    check: &mut Option<ChainCheck>,
) -> Result<Option<Fault>, Error> {
    let edited = |position, what: &str| Fault {
        kind: FaultKind::EntryEdited,
        position: Some(position),
        seq: None,
        detail: format!("{} is not what was archived: {what}", file_name(from, to)),
    };
    let mut lines = BufReader::new(file).lines();
    let header = lines.next().transpose()?.and_then(|line| Header::read(&line));
    let header = header.filter(|header| (header.from, header.to) == (from, to));
    let Some((previous, last)) = header.and_then(|header| header.hashes()) else {
        return Ok(Some(edited(from, "its first line")));
    };
    let check = check.get_or_insert_with(|| begin(from, previous));
    if check.head().position + 1 == from && check.head().hash != previous {
        return Ok(Some(edited(from, "it does not follow the one before")));
    }
    for line in lines {
        let position = check.head().position + 1;
        let Some(sealed) = EntryLine::read(&line?) else {
            return Ok(Some(edited(position, "a line")));
        };
        if let Err(fault) = check.step(&sealed) {
            return Ok(Some(fault));
        }
    }
    let is_whole = (check.head().position, check.head().hash) == (to, last);
    Ok((!is_whole).then(|| edited(check.head().position + 1, "its end")))
}

/// The first segment that is there follows one that is kept elsewhere, unless it is the first of
/// all. In which order entries were committed is not known here.
const fn begin(from: u64, previous: ChainHash) -> ChainCheck {
    let before = if from == 1 {
        Head::GENESIS
    } else {
        Head { position: from.saturating_sub(1), hash: previous, ..Head::GENESIS }
    };
    ChainCheck::after(before, Some(Duration::MAX))
}
