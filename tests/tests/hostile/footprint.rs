//! What a server takes of the machine, by the accounts of the kernel.

use std::path::Path;

/// What a server has at one time.
#[derive(Debug, Clone)]
pub(crate) struct Footprint {
    /// Bytes in memory, and the most that there ever were.
    pub(crate) rss: u64,
    pub(crate) peak: u64,
    /// Open descriptors.
    pub(crate) files: usize,
    /// Processes of its group beside itself, with their states.
    pub(crate) processes: Vec<(u32, char)>,
    /// What lies in its directory of temporary files.
    pub(crate) temporary: Vec<String>,
}

impl Footprint {
    pub(crate) fn of(server: u32, temporary: &Path) -> Self {
        let status = std::fs::read_to_string(format!("/proc/{server}/status")).unwrap_or_default();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        let files = std::fs::read_dir(format!("/proc/{server}/fd")).map_or(0, Iterator::count);
        let left = std::fs::read_dir(temporary).unwrap();
        Self {
            rss: kib("VmRSS:") << 10,
            peak: kib("VmHWM:") << 10,
            files,
            processes: group(server),
            temporary: left.map(|e| e.unwrap().file_name().to_string_lossy().into()).collect(),
        }
    }
}

/// The processes of a group, but for its leader.
pub(crate) fn group(leader: u32) -> Vec<(u32, char)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, group.
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let mut fields = rest.split(' ');
        let state = fields.next().and_then(|state| state.chars().next()).unwrap_or('?');
        if pid != leader && fields.nth(1).and_then(|group| group.parse().ok()) == Some(leader) {
            found.push((pid, state));
        }
    }
    found
}
