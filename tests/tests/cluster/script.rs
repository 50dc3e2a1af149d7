//! The script that shows several processes to anybody.
#![expect(clippy::disallowed_methods, reason = "runs a script")]

use std::path::Path;

use tapedeck_tests::binary;
use tokio::process::Command;

use crate::cluster::Cluster;

#[tokio::test(flavor = "multi_thread")]
async fn the_script_of_several_processes_starts_them_and_stops_them() {
    let cluster = Cluster::new().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut command = Command::new(root.join("deploy/several-processes.sh"));
    command.arg("--check").current_dir(root).env("TAPEDECK_BINARY", binary());
    command.env("DATABASE_URL", cluster.database.url());
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.matches("http://127.0.0.1:").count(), 4, "{said}");
    assert!(said.contains("submitted to one, read from the other: succeeded"), "{said}");
    assert!(said.contains("all stopped"), "{said}");
}
