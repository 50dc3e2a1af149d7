//! Disks that are full, and disks that do not keep their word.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tapedeck_tests::torture::check::check;
use tapedeck_tests::torture::child::{Process, is_root, mortal, tool};
use tapedeck_tests::torture::fleet::Fleet;
use tapedeck_tests::torture::load::Load;
use tapedeck_tests::torture::seed::{Chance, seed};

use crate::world::{Database, World};

/// Runs what follows with a small file system of its own at `$0`, which is gone with it.
const ON_SMALL_DISK: &str = r#"mount -t tmpfs -o size=24m,mode=0777 tmpfs "$0" && exec "$@""#;

/// Fills a file system to its last byte.
fn fill(file: &Path) {
    let mut ballast = std::fs::File::create(file).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        while ballast.write_all(&vec![b'x'; size]).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a file system of its own: make torture"]
async fn a_full_disk_breaks_no_promise() {
    let mut chance = Chance::new(seed());
    let world = World::new(Database::Sqlite).await;
    let data = world.place.data();
    std::fs::create_dir(&data).unwrap();
    let unshare = tool("unshare").expect("missing: unshare");
    let (unshare, data) = (unshare.to_str().unwrap(), data.to_str().unwrap());
    let become_root = if is_root() { "-m" } else { "-rm" };
    // Without the floor, which refuses work long before: this is about what happens beyond it.
    let plan = world.plan("server").with("TAPEDECK__FILES__MIN_FREE_MB", "0");
    let plan = plan.under(&[unshare, become_root, "sh", "-c", ON_SMALL_DISK, data]);
    let mut fleet = Fleet::start(vec![plan]).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    // The server's file system is another one than ours; this is where it shows.
    let inside = PathBuf::from(format!("/proc/{}/root{data}", fleet.server(0).process.id()));
    assert!(inside.join("tapedeck.db").exists(), "{} has no small disk", inside.display());
    for _ in 0..3 {
        chance.pause(1000, 1500).await;
        fill(&inside.join("ballast"));
        chance.pause(1500, 2500).await;
        let alive = api.once(api.request(reqwest::Method::GET, "/healthz")).await;
        assert_eq!(alive.map(|answer| answer.status), Some(200), "liveness on a full disk");
        std::fs::remove_file(inside.join("ballast")).unwrap();
    }
    load.finish().await;
    check(&api).await.must_be_clean("3 times a full disk");
}

/// Tells libfiu inside of a server what to do from now on.
async fn inject(prefix: &Path, server: u32, command: &str) {
    let log = prefix.with_extension("fiu-ctrl.log");
    let mut ctrl = mortal(&tool("fiu-ctrl").expect("missing: fiu-utils"), None);
    ctrl.arg("-f").arg(prefix).arg("-c").arg(command).arg(server.to_string());
    let mut ctrl = Process::spawn(ctrl, &log);
    let ended = ctrl.end_within(Duration::from_secs(30)).await;
    assert!(ended.is_some_and(|status| status.success()), "{}", ctrl.said());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs libfiu: make torture"]
async fn a_disk_that_fails_to_sync_breaks_no_promise() {
    let mut chance = Chance::new(seed());
    let world = World::new(Database::Sqlite).await;
    let prefix = world.place.logs().join("fiu");
    let preload = "/usr/lib/fiu/fiu_run_preload.so /usr/lib/fiu/fiu_posix_preload.so";
    assert!(Path::new("/usr/lib/fiu/fiu_posix_preload.so").exists(), "missing: fiu-utils");
    let plan = world.plan("server").with("LD_PRELOAD", preload).with("FIU_ENABLE", "");
    let plan = plan.with("FIU_CTRL_FIFO", prefix.to_str().unwrap());
    let mut fleet = Fleet::start(vec![plan]).await;
    let api = world.api(fleet.addresses());
    let load = Load::start(&api, 10, &mut chance);
    let server = fleet.server(0).process.id();
    for _ in 0..3 {
        inject(&prefix, server, "enable_random name=posix/io/sync/*,probability=0.1").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        inject(&prefix, server, "disable name=posix/io/sync/*").await;
        chance.pause(500, 1000).await;
    }
    load.finish().await;
    check(&api).await.must_be_clean("a tenth of all syncs failing for 6 s");
}
