//! The files keep the contracts of their ports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tapedeck_files::{
    ArchiveFiles, ArtifactFiles, HeadFiles, ModuleFiles, Objects, ParquetDatasets, ParquetReports,
    ParquetSweeps,
};
use tapedeck_testkit::conformance::{
    Archive, Artifacts, Corrupt, Files, Heads, Modules, Reports, Sweeps,
};
use tempfile::TempDir;

async fn objects() -> (Objects, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Objects::local(dir.path()).await.unwrap(), dir)
}

async fn heads() -> Heads {
    let dir = tempfile::tempdir().unwrap();
    Heads::new(HeadFiles::new(dir.path().join("audit")), dir)
}

async fn archive() -> Archive {
    let dir = tempfile::tempdir().unwrap();
    Archive::new(ArchiveFiles::new(dir.path().join("audit")), dir)
}

async fn datasets() -> Files {
    let (objects, dir) = objects().await;
    let corrupt = Some(damage(dir.path().to_owned()));
    Files { corrupt, ..Files::new(ParquetDatasets::new(objects), dir) }
}

async fn modules() -> Modules {
    let (objects, dir) = objects().await;
    let corrupt = Some(damage(dir.path().to_owned()));
    Modules { corrupt, ..Modules::new(ModuleFiles(objects), dir) }
}

async fn reports() -> Reports {
    let (objects, dir) = objects().await;
    let corrupt = Some(damage(dir.path().to_owned()));
    Reports { corrupt, ..Reports::new(ParquetReports(objects), dir) }
}

async fn sweeps() -> Sweeps {
    let (objects, dir) = objects().await;
    let corrupt = Some(damage(dir.path().to_owned()));
    Sweeps { corrupt, ..Sweeps::new(ParquetSweeps(objects), dir) }
}

async fn artifacts() -> Artifacts {
    let (objects, dir) = objects().await;
    Artifacts {
        catalog: Arc::new(ArtifactFiles(objects.clone())),
        reports: Arc::new(ParquetReports(objects.clone())),
        sweeps: Arc::new(ParquetSweeps(objects)),
        guard: Box::new(dir),
    }
}

/// Cuts every file in half, as a disk that was full might have.
fn damage(dir: PathBuf) -> Corrupt {
    Box::new(move || {
        let mut files = Vec::new();
        find(&dir, &mut files);
        assert!(!files.is_empty(), "there is something to damage");
        for file in files {
            let content = std::fs::read(&file).unwrap();
            std::fs::write(&file, &content[..content.len() / 2]).unwrap();
        }
    })
}

fn find(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
}

tapedeck_testkit::artifact_catalog_suite!(artifacts);
tapedeck_testkit::dataset_store_suite!(datasets);
tapedeck_testkit::module_store_suite!(modules);
tapedeck_testkit::report_store_suite!(reports);
tapedeck_testkit::sweep_store_suite!(sweeps);
tapedeck_testkit::head_log_suite!(heads);
tapedeck_testkit::audit_archive_suite!(archive);
