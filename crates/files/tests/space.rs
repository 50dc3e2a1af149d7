//! The data directory takes no more than it may, and loses what dead writers left.

use std::fs::{File, FileTimes};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tapedeck_domain::port::{
    ArtifactCatalog as _, DatasetStore as _, HealthProbe as _, Probe, ReportStore as _,
    StorageError,
};
use tapedeck_files::{
    ArtifactFiles, ArtifactProbe, Objects, ParquetDatasets, ParquetReports, SpaceLimits,
};
use tapedeck_testkit::FakeClock;
use tapedeck_testkit::builders::{bars, id, job, manifest, report};
use tempfile::TempDir;

const MB: u64 = 1 << 20;

struct World {
    dir: TempDir,
    clock: Arc<FakeClock>,
    objects: Objects,
}

impl World {
    async fn new(quota: Option<u64>, min_free: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::default());
        let objects = Objects::local(dir.path()).await.unwrap();
        let objects = objects.within(SpaceLimits { quota, min_free }, clock.clone());
        Self { dir, clock, objects }
    }

    async fn put(&self, n: u64) -> Result<(), StorageError> {
        let reports = ParquetReports(self.objects.clone());
        reports.put(id(n), &manifest(&job(n).0), &report()).await.map(drop)
    }

    /// Puts reports until one is refused, and says how many there are.
    async fn fill(&self) -> u64 {
        for n in 1..1000 {
            match self.put(n).await {
                Ok(()) => {}
                Err(StorageError::Full { .. }) => return n - 1,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("there is no end to it")
    }

    async fn used(&self) -> u64 {
        self.catalog().usage().await.unwrap().used
    }

    fn catalog(&self) -> ArtifactFiles {
        ArtifactFiles(self.objects.clone())
    }

    async fn probe(&self) -> Probe {
        ArtifactProbe(self.objects.clone()).probe().await
    }

    /// Something that somebody else writes.
    fn file(&self, name: &str, bytes: u64) -> std::path::PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(&path).unwrap().set_len(bytes).unwrap();
        path
    }
}

#[tokio::test]
async fn what_goes_beyond_the_quota_is_refused_whole() {
    let world = World::new(Some(MB / 4), 0).await;
    let kept = world.fill().await;
    assert!(kept > 1, "some fit");
    assert!(world.used().await <= MB / 4);
    let listed = world.catalog().list(None, 1000).await.unwrap();
    assert_eq!(listed.len() as u64, kept, "nothing of those that did not fit is there");
}

#[tokio::test]
async fn bars_that_go_beyond_the_quota_are_refused() {
    let world = World::new(Some(100), 0).await;
    let datasets = ParquetDatasets::new(world.objects.clone());
    let put = datasets.put(bars().content_hash().as_str(), Arc::new(bars())).await;
    assert!(matches!(put, Err(StorageError::Full { .. })), "{put:?}");
}

#[tokio::test]
async fn what_goes_below_the_space_that_is_left_alone_is_refused() {
    let world = World::new(None, u64::MAX / 2).await;
    let put = world.put(1).await.unwrap_err();
    assert!(put.to_string().contains("are kept free (files.min_free_mb)"), "{put}");
}

#[tokio::test]
async fn there_is_room_again_as_soon_as_something_is_removed() {
    let world = World::new(Some(MB / 4), 0).await;
    let kept = world.fill().await;
    let first = world.catalog().list(None, 1).await.unwrap().remove(0);
    world.catalog().remove(&first.report).await.unwrap();
    world.put(kept + 1).await.unwrap();
}

#[tokio::test]
async fn there_is_room_again_soon_after_somebody_else_made_some() {
    let world = World::new(Some(MB), 0).await;
    let other = world.file("reports/other", 2 * MB);
    assert!(matches!(world.put(1).await, Err(StorageError::Full { .. })));
    std::fs::remove_file(other).unwrap();
    world.clock.advance(Duration::from_secs(2));
    world.put(1).await.unwrap();
}

#[tokio::test]
async fn what_others_write_is_counted_within_a_minute_or_so() {
    let world = World::new(Some(100 * MB), 0).await;
    let before = world.used().await;
    world.file("reports/other", 10 * MB);
    assert_eq!(world.used().await, before, "it is not walked each time");
    world.clock.advance(Duration::from_secs(61));
    world.used().await;
    while world.used().await == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.used().await, before + 10 * MB);
}

#[tokio::test]
async fn its_own_writes_are_counted_at_once_and_not_twice() {
    let world = World::new(Some(100 * MB), 0).await;
    let before = world.used().await;
    world.put(1).await.unwrap();
    let after = world.used().await;
    assert!(after > before);
    let anew = World { objects: Objects::local(world.dir.path()).await.unwrap(), ..world };
    assert_eq!(anew.used().await, after);
}

#[tokio::test]
async fn readiness_says_how_full_it_is_and_warns_before_it_is_down() {
    let world = World::new(Some(10 * MB), 0).await;
    let found = world.probe().await;
    assert_eq!(found.status, Probe::up().status);
    assert!(found.detail.unwrap().starts_with("0 MB used, "));
    let look = async |bytes| {
        let before = world.used().await;
        world.file("reports/other", bytes);
        world.clock.advance(Duration::from_secs(61));
        // The first look counts aside.
        while world.used().await == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.probe().await
    };
    let detail = "9 MB used, 10 MB may be (files.quota_mb)";
    assert_eq!(look(9 * MB).await, Probe::degraded(detail));
    let detail = "11 MB used, 10 MB may be (files.quota_mb)";
    assert_eq!(look(11 * MB).await, Probe::down(detail));
}

/// Dates a file back, as if it had been written so long ago.
fn age(path: &Path, by: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    let then = file.metadata().unwrap().modified().unwrap() - by;
    file.set_times(FileTimes::new().set_modified(then)).unwrap();
}

#[tokio::test]
async fn what_dead_writers_left_is_swept_and_what_living_ones_write_is_not() {
    let world = World::new(None, 0).await;
    let old = Duration::from_secs(2 * 60 * 60);
    let artifact = format!("reports/{}/abc", id(1));
    let dead = [format!("{artifact}/orders.parquet#1"), "datasets/abc.parquet#17".to_owned()];
    let living = format!("{artifact}/fills.parquet#1");
    let others = ["datasets/a#b", "datasets/#", "reports/abc#", "tapedeck.db#1", "else/x#1"];
    for name in &dead {
        age(&world.file(name, 10), old);
    }
    age(&world.file(&living, 10), Duration::from_secs(50 * 60));
    for name in others {
        age(&world.file(name, 10), old);
    }
    assert_eq!(world.catalog().sweep_unfinished().await.unwrap(), 2);
    let is_there = |name: &str| world.dir.path().join(name).exists();
    assert!(dead.iter().all(|name| !is_there(name)));
    assert!(is_there(&living));
    assert!(others.iter().all(|name| is_there(name)));
}

#[tokio::test]
async fn an_artifact_that_was_never_finished_is_listed_and_removed_with_its_directory() {
    let world = World::new(None, 0).await;
    let name = format!("reports/{}/abc", id(1));
    world.file(&format!("{name}/orders.parquet#1"), 10);
    let listed = world.catalog().list(None, 9).await.unwrap();
    assert_eq!((listed.len(), &listed[0].report.0, listed[0].job), (1, &name, id(1)));
    world.catalog().remove(&listed[0].report).await.unwrap();
    assert!(!world.dir.path().join(format!("reports/{}", id(1))).exists());
}

#[tokio::test]
async fn what_is_no_artifact_is_neither_listed_nor_removed() {
    let world = World::new(None, 0).await;
    let kept = ["reports/notes/abc/x", "reports/readme", "other/thing"];
    kept.iter().for_each(|name| drop(world.file(name, 1)));
    assert_eq!(world.catalog().list(None, 9).await.unwrap(), []);
    for name in ["reports/notes/abc", "reports/readme", "other/thing", "reports/.."] {
        let name = tapedeck_domain::job::ReportRef(name.to_owned());
        world.catalog().remove(&name).await.unwrap();
    }
    assert!(kept.iter().all(|name| world.dir.path().join(name).exists()));
}
