//! The log of heads: lines in numbered files, each with a hash over itself and the line before.

use std::fs::{File, OpenOptions};
use std::io::{
    BufRead as _, BufReader, Error, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _,
};
use std::path::PathBuf;

use async_trait::async_trait;
use tapedeck_domain::audit::{ChainHash, Head};
use tapedeck_domain::port::{AfterHeads, HeadLog, HeadMark, HeadPage, StorageError};

use super::folder::Folder;
use super::head_line::HeadLine;
use crate::objects::{blocking, fault};

/// The log of heads, in a folder. A file is begun when the one before is large, or ends with a line
/// that a crash broke off: what was written once stays as it is.
#[derive(Debug, Clone)]
pub struct HeadFiles(Folder);

/// Bytes after which the next file is begun.
const LARGE: u64 = 4 << 20;

/// No line is longer.
const LONGEST_LINE: u64 = 1024;

impl HeadFiles {
    /// In this folder, which is made with the first line.
    pub fn new(folder: PathBuf) -> Self {
        Self(Folder(folder))
    }

    fn path(&self, part: u64) -> PathBuf {
        self.0.0.join(format!("heads-{part:06}.ndjson"))
    }

    fn parts(&self) -> Result<Vec<u64>, Error> {
        self.0.list(|name| name.strip_prefix("heads-")?.strip_suffix(".ndjson")?.parse().ok())
    }

    /// The last line that can be read, and its hash.
    fn tail(&self) -> Result<Option<(Head, ChainHash)>, Error> {
        for part in self.parts()?.into_iter().rev() {
            let mut file = File::open(self.path(part))?;
            let length = file.metadata()?.len();
            // Some lines, should the last ones be damaged.
            file.seek(SeekFrom::Start(length.saturating_sub(16 * LONGEST_LINE)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            // What follows the last line break is no line.
            lines.pop();
            let texts = lines.iter().rev().filter_map(|line| std::str::from_utf8(line).ok());
            if let Some(found) = texts.filter_map(HeadLine::read).next() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn add(&self, head: &Head) -> Result<(), Error> {
        let _lock = self.0.lock()?;
        let tail = self.tail()?;
        if tail.is_some_and(|(last, _)| last.position >= head.position) {
            return Ok(());
        }
        let previous = tail.map_or(ChainHash::GENESIS, |(_, hash)| hash);
        let (part, is_new) = self.open_part()?;
        let path = self.path(part);
        let mut file = OpenOptions::new().create(is_new).append(true).open(&path)?;
        file.write_all(HeadLine::write(head, previous).as_bytes())?;
        file.sync_all()?;
        if is_new { self.0.sync() } else { Ok(()) }
    }

    /// The file that takes the next line, and whether it has to be made.
    fn open_part(&self) -> Result<(u64, bool), Error> {
        let Some(part) = self.parts()?.pop() else { return Ok((1, true)) };
        let mut file = File::open(self.path(part))?;
        let length = file.metadata()?.len();
        let ends_well = length == 0 || {
            let mut byte = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut byte)?;
            byte == [b'\n']
        };
        Ok(if ends_well && length < LARGE { (part, false) } else { (part + 1, true) })
    }

    fn read(&self, from: HeadMark, limit: usize) -> Result<HeadPage, Error> {
        let parts = self.parts()?;
        let Some(part) = parts.into_iter().find(|part| *part >= from.part) else {
            return Ok(HeadPage { heads: Vec::new(), then: AfterHeads::End });
        };
        let offset = if part == from.part { from.offset } else { 0 };
        let mut mark = HeadMark { part, offset, ..from };
        let mut file = BufReader::new(File::open(self.path(part))?);
        file.seek(SeekFrom::Start(offset))?;
        let mut heads = Vec::new();
        while heads.len() < limit {
            let mut line = Vec::new();
            let length = file.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
            // A line that does not end was never acknowledged. The next file goes on.
            if line.last() != Some(&b'\n') && length < LONGEST_LINE {
                let then = HeadMark { part: part + 1, offset: 0, ..mark };
                return Ok(HeadPage { heads, then: AfterHeads::More(then) });
            }
            match checked(&line, &mark) {
                Some((head, hash)) => {
                    mark.offset += length;
                    (mark.previous, mark.position) = (hash, head.position);
                    heads.push(head);
                }
                None => {
                    let (name, offset) = (self.path(part), mark.offset);
                    let name = name.file_name().unwrap_or_default().to_string_lossy();
                    let detail = format!("{name} is damaged at byte {offset}");
                    return Ok(HeadPage { heads, then: AfterHeads::Damage(detail) });
                }
            }
        }
        Ok(HeadPage { heads, then: AfterHeads::More(mark) })
    }
}

/// The head of a line that is what was written, after what was written before it.
fn checked(line: &[u8], mark: &HeadMark) -> Option<(Head, ChainHash)> {
    let text = std::str::from_utf8(line).ok()?;
    let (head, hash) = HeadLine::read(text)?;
    // A log that does not begin at the start is not damaged; it is missing what came before.
    let begins = *mark == (HeadMark { part: mark.part, ..HeadMark::default() });
    let follows = head.line_hash(mark.previous) == hash && head.position > mark.position;
    let is_as_written = HeadLine::write(&head, mark.previous).as_bytes() == line;
    ((begins && is_first(&head, hash)) || (follows && is_as_written)).then_some((head, hash))
}

fn is_first(head: &Head, hash: ChainHash) -> bool {
    head.position == 0 && head.line_hash(ChainHash::GENESIS) == hash
}

#[async_trait]
impl HeadLog for HeadFiles {
    async fn last(&self) -> Result<Option<Head>, StorageError> {
        let files = self.clone();
        blocking(move || Ok(files.tail().map_err(fault)?.map(|(head, _)| head))).await
    }

    async fn append(&self, head: Head) -> Result<(), StorageError> {
        let files = self.clone();
        blocking(move || files.add(&head).map_err(fault)).await
    }

    async fn page(&self, from: HeadMark, limit: usize) -> Result<HeadPage, StorageError> {
        let files = self.clone();
        blocking(move || match files.read(from, limit) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let then = AfterHeads::Damage("a file of it is gone".to_owned());
                Ok(HeadPage { heads: Vec::new(), then })
            }
            page => page.map_err(fault),
        })
        .await
    }
}
