//! `deploy/backup.sh` and `deploy/restore.sh`: what was there is there again, elsewhere.
#![expect(clippy::disallowed_methods, reason = "runs scripts and the binary")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tapedeck_tests::binary;
use tempfile::TempDir;

use crate::files::root;
use crate::host::said;
use crate::support::TestDatabase;

/// A deployment: a database, if it is not the embedded one, and a data directory.
struct Place<'a> {
    data: &'a Path,
    database: Option<&'a TestDatabase>,
}

impl Place<'_> {
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env("TAPEDECK_DATA_DIR", self.data).env_remove("DATABASE_URL");
        command.current_dir(self.data.parent().unwrap());
        if let Some(database) = self.database {
            command.env("DATABASE_URL", database.url());
        }
        command
    }

    fn script(&self, name: &str, folder: &Path) -> (bool, String) {
        let output = self.command(root().join("deploy").join(name)).arg(folder).output().unwrap();
        (output.status.success(), said(&output))
    }

    /// What a command prints, as JSON.
    fn tapedeck(&self, args: &[&str]) -> Value {
        let output = self.command(binary()).args(args).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Bars of the first place are in the second, after a backup and a restore.
fn move_bars(from: &Place, to: &Place, folder: &Path) {
    let generated = ["dataset", "generate", "--rows", "400", "--seed", "7", "--interval", "1m"];
    let output = from.command(binary()).args(generated).args(["--id", "kept-1m"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let run = ["backtest", "run", "--dataset", "kept-1m", "--strategy", "sma_crossover", "--json"];
    let before = from.tapedeck(&run);

    let (done, text) = from.script("backup.sh", folder);
    assert!(done, "{text}");
    let (again, text) = from.script("backup.sh", folder);
    assert!(!again && text.contains("is there already"), "{text}");

    let (done, text) = to.script("restore.sh", folder);
    assert!(done, "{text}");
    let after = to.tapedeck(&run);
    assert_eq!(before["input_hash"], after["input_hash"]);
    assert_eq!(before["metrics"], after["metrics"]);
    let (again, text) = to.script("restore.sh", folder);
    assert!(!again && text.contains("nothing was changed"), "{text}");
}

#[tokio::test]
async fn a_copy_of_postgres_and_its_files_is_restored_elsewhere() {
    let dir = TempDir::new().unwrap();
    let (database, other) = (TestDatabase::empty().await, TestDatabase::empty().await);
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let from = Place { data: &one, database: Some(&database) };
    let to = Place { data: &two, database: Some(&other) };
    move_bars(&from, &to, &dir.path().join("copy"));
    assert!(dir.path().join("copy/database.dump").exists());
}

#[test]
fn a_copy_of_an_embedded_database_is_restored_elsewhere() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let from = Place { data: &one, database: None };
    let to = Place { data: &two, database: None };
    move_bars(&from, &to, &dir.path().join("copy"));
}
