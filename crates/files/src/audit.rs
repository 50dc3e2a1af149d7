//! What is kept of the audit trail outside of the database: the log of heads, and the archive.

mod archive;
mod entry_line;
mod folder;
mod head_line;
mod heads;

pub use archive::{ArchiveFiles, verify_archive};
pub use heads::HeadFiles;
