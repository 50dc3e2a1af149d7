//! The in-memory adapters keep the contracts, so that tests over them can be believed.

use tapedeck_testkit::conformance::{Catalog, Files, Jobs, Reports};
use tapedeck_testkit::memory::{MemoryDatasetCatalog, MemoryDatasets, MemoryJobs, MemoryReports};

async fn jobs() -> Jobs {
    Jobs::new(MemoryJobs::default(), ())
}

async fn catalog() -> Catalog {
    Catalog::new(MemoryDatasetCatalog::default(), ())
}

async fn files() -> Files {
    Files::new(MemoryDatasets::default(), ())
}

async fn reports() -> Reports {
    Reports::new(MemoryReports::default(), ())
}

tapedeck_testkit::job_store_suite!(jobs);
tapedeck_testkit::job_queue_suite!(jobs);
tapedeck_testkit::job_catalog_suite!(jobs);
tapedeck_testkit::job_feed_suite!(jobs);
tapedeck_testkit::dataset_catalog_suite!(catalog);
tapedeck_testkit::dataset_store_suite!(files);
tapedeck_testkit::report_store_suite!(reports);
