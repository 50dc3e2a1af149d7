//! What writers that were killed have left behind.

use std::io::Error;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::catalog::or_absent;

/// Where objects are written.
const FOLDERS: [&str; 5] = ["datasets", "modules", "probe", "reports", "sweeps"];

/// No write takes so long.
const LONGEST_WRITE: Duration = Duration::from_secs(60 * 60);

/// Removes files that were begun and not finished, and says how many.
///
/// The local object store writes to `NAME#N` and renames it to `NAME`, so such a file belongs to
/// a writer that is at work or to one that died. Its last change tells which: compared not with
/// this machine's clock but with that of the file system, which stamps a file that is written
/// here and now, so that neither a clock that is wrong nor another machine's makes a living one
/// look old. Should one be removed all the same, because the clock jumped in the middle of the
/// write, then the rename fails and the write is reported as failed: nothing is ever half there.
pub(crate) fn sweep(root: &Path) -> Result<u64, Error> {
    let now = file_system_time(root)?;
    Ok(FOLDERS.iter().map(|folder| sweep_folder(&root.join(folder), now)).sum())
}

fn file_system_time(root: &Path) -> Result<SystemTime, Error> {
    let folder = root.join("probe");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("time");
    std::fs::write(&file, "")?;
    let now = std::fs::metadata(&file)?.modified()?;
    or_absent(std::fs::remove_file(&file))?;
    Ok(now)
}

fn sweep_folder(folder: &Path, now: SystemTime) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let removed = entries.flatten().map(|entry| {
        let path = entry.path();
        match entry.metadata() {
            Ok(found) if found.is_dir() => sweep_folder(&path, now),
            Ok(found) => {
                let is_old = found.modified().is_ok_and(|changed| is_old(changed, now));
                u64::from(is_unfinished(&path) && is_old && std::fs::remove_file(&path).is_ok())
            }
            Err(_) => 0,
        }
    });
    removed.sum()
}

fn is_old(changed: SystemTime, now: SystemTime) -> bool {
    now.duration_since(changed).is_ok_and(|age| age > LONGEST_WRITE)
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.rsplit_once('#').map_or("", |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
