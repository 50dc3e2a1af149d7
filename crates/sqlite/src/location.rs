//! Where a database file may lie.

use std::path::{Path, PathBuf};

/// File systems of other machines, by the magic number of `statfs(2)`. Their locks are not
/// reliable enough for a write-ahead log, whose index is shared memory.
const NETWORK: [(u64, &str); 6] = [
    (0x6969, "nfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb2"),
    (0x517b, "smb"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
];

/// The name of the network file system that `path` lies on, if it is one.
pub(crate) fn network_file_system(path: &Path) -> Option<&'static str> {
    let stat = rustix::fs::statfs(path).ok()?;
    network_name(stat.f_type as u64)
}

fn network_name(magic: u64) -> Option<&'static str> {
    NETWORK.iter().find(|(known, _)| *known == magic & 0xffff_ffff).map(|(_, name)| *name)
}

/// The directory of a database file.
pub(crate) fn directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_known_by_their_magic_number() {
        assert_eq!(network_name(0x6969), Some("nfs"));
        assert_eq!(network_name(0xffff_ffff_ff53_4d42), Some("cifs"), "sign-extended");
        assert_eq!(network_name(0xef53), None, "ext4");
    }

    #[test]
    fn a_bare_file_name_lies_in_the_working_directory() {
        assert_eq!(directory(Path::new("a.db")), Path::new("."));
        assert_eq!(directory(Path::new("x/a.db")), Path::new("x"));
    }
}
