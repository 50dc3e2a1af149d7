//! The same again without the rights of root, for which other layers do the work.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use tapedeck_tests::binary;
use tempfile::TempDir;

/// The user who is nobody.
const NOBODY: u32 = 65_534;

/// A program where everybody may run it.
fn bring(from: &Path, to: &Path) {
    if std::fs::hard_link(from, to).is_err() {
        std::fs::copy(from, to).unwrap();
    }
    std::fs::set_permissions(to, PermissionsExt::from_mode(0o755)).unwrap();
}

#[test]
fn every_attack_fails_where_the_server_is_not_root_as_well() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("it is not root here, so that all of this program was this test");
        return;
    }
    let dir = TempDir::new().unwrap();
    // As where the programs come from: tests in a directory beside them.
    let (deps, writable) = (dir.path().join("deps"), dir.path().join("tmp"));
    for path in [&deps, &writable] {
        std::fs::create_dir(path).unwrap();
    }
    chown(&writable, Some(NOBODY), Some(NOBODY)).unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let own = deps.join("hostile-again");
    bring(&std::env::current_exe().unwrap(), &own);
    for name in ["tapedeck", "hijacked"] {
        bring(&binary().with_file_name(name), &dir.path().join(name));
    }
    let mut command = Command::new("setpriv");
    let ids = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
    command.args(ids).args(["--clear-groups", "--"]).arg(&own).current_dir(&writable);
    command.args(["--skip", "described::", "--skip", "ordinary::", "--test-threads", "4"]);
    let ran = command.env("TMPDIR", &writable).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    eprintln!("{said}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "as user {NOBODY} it does not hold");
    assert!(said.contains("test guests::an_endless_bar ... ok"));
}
