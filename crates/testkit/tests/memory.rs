//! The in-memory adapters keep the contracts, so that tests over them can be believed.

use std::sync::Arc;

use tapedeck_testkit::conformance::{
    Archive, Artifacts, Catalog, Files, Heads, Jobs, Modules, Reports, Schedules, Strategies,
    Sweeps,
};
use tapedeck_testkit::memory::{
    MemoryArchive, MemoryArtifacts, MemoryDatasetCatalog, MemoryDatasets, MemoryHeads, MemoryJobs,
    MemoryModules, MemoryReports, MemorySchedules, MemoryStrategies, MemorySweeps,
};

async fn jobs() -> Jobs {
    Jobs::new(MemoryJobs::default(), ())
}

async fn catalog() -> Catalog {
    Catalog::new(MemoryDatasetCatalog::default(), ())
}

async fn files() -> Files {
    Files::new(MemoryDatasets::default(), ())
}

async fn modules() -> Modules {
    Modules::new(MemoryModules::default(), ())
}

async fn reports() -> Reports {
    Reports::new(MemoryReports::default(), ())
}

async fn strategies() -> Strategies {
    Strategies::new(MemoryStrategies::default(), ())
}

async fn schedules() -> Schedules {
    let jobs = Arc::new(MemoryJobs::default());
    let store = Arc::new(MemorySchedules::new(jobs.clone()));
    Schedules { store, audit: jobs, guard: Box::new(()) }
}

async fn sweeps() -> Sweeps {
    Sweeps::new(MemorySweeps::default(), ())
}

async fn heads() -> Heads {
    Heads::new(MemoryHeads::default(), ())
}

async fn archive() -> Archive {
    Archive::new(MemoryArchive::default(), ())
}

async fn artifacts() -> Artifacts {
    let reports = Arc::new(MemoryReports::default());
    let sweeps = Arc::new(MemorySweeps::default());
    let catalog = Arc::new(MemoryArtifacts::new(reports.clone(), sweeps.clone()));
    Artifacts { catalog, reports, sweeps, guard: Box::new(()) }
}

tapedeck_testkit::job_store_suite!(jobs);
tapedeck_testkit::job_queue_suite!(jobs);
tapedeck_testkit::job_catalog_suite!(jobs);
tapedeck_testkit::job_feed_suite!(jobs);
tapedeck_testkit::queue_control_suite!(jobs);
tapedeck_testkit::audit_log_suite!(jobs);
tapedeck_testkit::audit_chain_suite!(jobs);
tapedeck_testkit::override_store_suite!(jobs);
tapedeck_testkit::retention_suite!(jobs);
tapedeck_testkit::dataset_catalog_suite!(catalog);
tapedeck_testkit::dataset_store_suite!(files);
tapedeck_testkit::module_store_suite!(modules);
tapedeck_testkit::report_store_suite!(reports);
tapedeck_testkit::sweep_store_suite!(sweeps);
tapedeck_testkit::strategy_store_suite!(strategies);
tapedeck_testkit::schedule_store_suite!(schedules);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_workers_loses_nothing_and_keeps_to_the_limits() {
    let jobs = Arc::new(MemoryJobs::default());
    tapedeck_testkit::storm(vec![Arc::clone(&jobs), jobs]).await;
}
tapedeck_testkit::artifact_catalog_suite!(artifacts);
tapedeck_testkit::head_log_suite!(heads);
tapedeck_testkit::audit_archive_suite!(archive);
