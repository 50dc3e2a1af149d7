//! A control group of its own, where an administrator handed this process a part of the tree.
//!
//! A process cannot remove the group that it is in. So each that comes removes those of processes
//! that are gone: no more are left over than ran at once.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::Tried;

/// Processes and threads in a group.
const TASKS: &str = "16";
/// Before the number of the process, in the name of its group.
const PREFIX: &str = "tapedeck-run-";

/// The group's limit of memory, from when the group is made to when the limits are known: no file
/// can be opened then, and a run must not have this one.
static MEMORY: Mutex<Option<File>> = Mutex::new(None);

pub(super) fn enter() -> Tried {
    let group = own_group()?;
    let mut refusal = "no memory and no pids controller in control groups v2".to_owned();
    // With processes in it, a group other than the root cannot hand controllers down; so the
    // server may be in a group below the one that it was handed.
    for base in [Some(group.as_path()), group.parent()].into_iter().flatten() {
        let controllers = controllers(base);
        if controllers.is_empty() {
            continue;
        }
        match enter_below(base, &controllers) {
            Ok(path) => return Ok(format!("{}: {}", path.display(), controllers.join(", "))),
            Err(error) => refusal = format!("{} cannot be used: {error}", base.display()),
        }
    }
    Err(refusal)
}

/// Writes the limit of memory and lets go of it.
pub(super) fn limit(bytes: u64) -> std::io::Result<()> {
    let held = MEMORY.lock().unwrap_or_else(PoisonError::into_inner).take();
    held.map_or(Ok(()), |mut file| write!(file, "{bytes}"))
}

/// Where this process is in the tree of control groups v2.
fn own_group() -> Result<PathBuf, String> {
    let read = |path| std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let (mounts, groups) = (read("/proc/self/mounts")?, read("/proc/self/cgroup")?);
    let place = groups.lines().find_map(|line| line.strip_prefix("0::/"));
    match (mount(&mounts), place) {
        (Some(root), Some(place)) => Ok(Path::new(root).join(place)),
        (None, _) | (_, None) => Err("no control groups v2 are mounted".to_owned()),
    }
}

fn mount(mounts: &str) -> Option<&str> {
    let mut mounts = mounts.lines().map(|line| line.split(' '));
    mounts.find_map(|mut words| {
        let place = words.nth(1)?;
        (words.next()? == "cgroup2").then_some(place)
    })
}

fn controllers(base: &Path) -> Vec<&'static str> {
    let known = std::fs::read_to_string(base.join("cgroup.controllers")).unwrap_or_default();
    let has = |name: &&str| known.split_whitespace().any(|known| known == *name);
    ["memory", "pids"].into_iter().filter(has).collect()
}

fn enter_below(base: &Path, controllers: &[&str]) -> std::io::Result<PathBuf> {
    for name in controllers {
        std::fs::write(base.join("cgroup.subtree_control"), format!("+{name}"))?;
    }
    let path = make(base)?;
    match fill(&path, controllers) {
        Ok(()) => Ok(path),
        Err(error) => {
            // It is empty; what goes wrong here is tidied up by the next.
            let _ = std::fs::remove_dir(&path);
            Err(error)
        }
    }
}

fn make(base: &Path) -> std::io::Result<PathBuf> {
    tidy(base)?;
    let path = base.join(format!("{PREFIX}{}", std::process::id()));
    std::fs::create_dir(&path)?;
    Ok(path)
}

/// Limits first, then the process, whose memory is counted from then on.
fn fill(path: &Path, controllers: &[&str]) -> std::io::Result<()> {
    if controllers.contains(&"pids") {
        std::fs::write(path.join("pids.max"), TASKS)?;
    }
    if controllers.contains(&"memory") {
        let file = File::options().write(true).open(path.join("memory.max"))?;
        *MEMORY.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    }
    std::fs::write(path.join("cgroup.procs"), "0")
}

/// Removes the groups of processes that are gone. One that is not empty cannot be removed.
fn tidy(base: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(base)? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir(base.join(&name));
        }
    }
    Ok(())
}
