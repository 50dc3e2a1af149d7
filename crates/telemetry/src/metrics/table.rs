//! Every metric that there is, declared once: the recorder takes no other, and the operator's
//! guide lists these.

/// One metric.
#[derive(Debug, PartialEq)]
pub struct Metric {
    /// Its name, unit included.
    pub name: &'static str,
    /// What kind of sum it is.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, in a sentence.
    pub help: &'static str,
}

/// What kind of sum a metric is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes both ways.
    Gauge,
    /// How values are spread, by the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

impl Kind {
    /// As the text format has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// The metric of that name.
pub(super) fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// Of requests and calls, in seconds.
const SHORT: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Of waiting and running, in seconds.
const LONG: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];
/// Bars in a second.
const SPEED: &[f64] = &[1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8];
/// Bytes, in powers of two from 8 MiB to 8 GiB.
const MEMORY: &[f64] = &[
    8_388_608.0,
    16_777_216.0,
    33_554_432.0,
    67_108_864.0,
    134_217_728.0,
    268_435_456.0,
    536_870_912.0,
    1_073_741_824.0,
    2_147_483_648.0,
    4_294_967_296.0,
    8_589_934_592.0,
];

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(
    name: &'static str,
    buckets: &'static [f64],
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric { name, kind: Kind::Histogram(buckets), labels, help }
}

/// The table, in the order in which it is shown.
pub const METRICS: &[Metric] = &[
    gauge(
        "tapedeck_build_info",
        &["version", "engine_version", "commit", "role"],
        "1; what runs is in the labels.",
    ),
    gauge(
        "tapedeck_ready",
        &[],
        "1 when everything that is configured can be used, as readiness says.",
    ),
    gauge(
        "tapedeck_up",
        &["dependency"],
        "1 when this dependency can be used, 0 when not; those that are not configured are not listed.",
    ),
    gauge(
        "tapedeck_degraded",
        &["dependency"],
        "1 when this dependency can be used, and something about it is wrong.",
    ),
    counter(
        "tapedeck_http_requests_total",
        &["method", "route", "status"],
        "Requests that were answered, by the pattern of their route; streams count when they end.",
    ),
    histogram(
        "tapedeck_http_request_duration_seconds",
        SHORT,
        &["method", "route"],
        "From the head of a request to the end of its answer, streams apart.",
    ),
    gauge(
        "tapedeck_http_requests_in_flight",
        &[],
        "Requests that are being answered, streams included.",
    ),
    counter("tapedeck_http_response_bytes_total", &[], "Bytes of the bodies that were sent."),
    gauge(
        "tapedeck_streams_open",
        &["kind"],
        "Open streams: sockets and event streams of playback, and event logs.",
    ),
    counter("tapedeck_streams_opened_total", &["kind"], "Streams that were opened."),
    counter("tapedeck_playback_frames_sent_total", &["kind"], "Frames of playback that were sent."),
    counter(
        "tapedeck_playback_bars_folded_total",
        &["kind"],
        "Bars that had no frame of their own, since more fell due than there are frames.",
    ),
    counter(
        "tapedeck_playback_frames_dropped_total",
        &["kind"],
        "Frames that were made and could not be sent, since the client had gone.",
    ),
    gauge(
        "tapedeck_queue_jobs",
        &["priority", "state"],
        "Jobs that wait, of all processes: due, or scheduled for later.",
    ),
    gauge("tapedeck_queue_running_jobs", &[], "Jobs that are worked on, by all processes."),
    gauge(
        "tapedeck_queue_oldest_age_seconds",
        &[],
        "How long the job has waited that is due and has waited longest; 0 when there is none.",
    ),
    gauge("tapedeck_queue_paused", &[], "1 while nothing is taken from the queue."),
    gauge("tapedeck_queue_limit_jobs", &[], "Queued jobs beyond which none is taken."),
    histogram(
        "tapedeck_queue_wait_seconds",
        LONG,
        &["priority"],
        "From the submission of a job, or the moment it was put off to, to its first start.",
    ),
    counter(
        "tapedeck_queue_claims_total",
        &["outcome"],
        "Looks at the queue by this process: with jobs, empty, or failed.",
    ),
    counter(
        "tapedeck_queue_claimed_jobs_total",
        &["priority"],
        "Jobs that this process started, each start counted.",
    ),
    gauge("tapedeck_runs_active", &["kind"], "Jobs that this process works on."),
    counter(
        "tapedeck_runs_ended_total",
        &["kind", "state", "reason"],
        "Ends of jobs that were committed, by final state and, of failures, reason.",
    ),
    counter(
        "tapedeck_runs_returned_total",
        &["reason"],
        "Jobs that went back to the queue: put off, handed back at a shutdown, or lost.",
    ),
    counter(
        "tapedeck_workers_lost_total",
        &[],
        "Jobs whose worker was found to be gone, by this process.",
    ),
    counter("tapedeck_runs_unkept_total", &[], "Runs whose end could not be committed."),
    histogram(
        "tapedeck_run_duration_seconds",
        LONG,
        &["kind", "state"],
        "From the start of a job to its end.",
    ),
    histogram(
        "tapedeck_run_bars_per_second",
        SPEED,
        &[],
        "Bars simulated in a second, of backtests that ended.",
    ),
    counter("tapedeck_run_bars_total", &[], "Bars simulated, of backtests that ended."),
    histogram(
        "tapedeck_run_peak_memory_bytes",
        MEMORY,
        &[],
        "The most memory that a run was seen to hold.",
    ),
    histogram(
        "tapedeck_run_attempts",
        &[1.0, 2.0, 3.0, 4.0, 5.0, 10.0],
        &[],
        "Starts that a job took to its end.",
    ),
    counter(
        "tapedeck_sweep_combinations_total",
        &[],
        "Combinations of parameters that sweeps tried.",
    ),
    gauge("tapedeck_database_connections", &[], "Open connections of the pool."),
    gauge("tapedeck_database_connections_in_use", &[], "Connections that are lent out."),
    gauge("tapedeck_database_connections_max", &[], "The size of the pool."),
    histogram(
        "tapedeck_database_acquire_seconds",
        SHORT,
        &[],
        "How long calls waited for a connection.",
    ),
    counter(
        "tapedeck_database_errors_total",
        &["kind"],
        "Calls that got no connection in time, got none at all, or got no answer in time.",
    ),
    gauge("tapedeck_storage_used_bytes", &[], "What the data directory holds."),
    gauge("tapedeck_storage_free_bytes", &[], "What its file system still takes."),
    gauge(
        "tapedeck_storage_quota_bytes",
        &[],
        "What the data directory may hold, where there is a quota.",
    ),
    gauge("tapedeck_storage_min_free_bytes", &[], "Free space that is left alone."),
    counter(
        "tapedeck_schedule_runs_total",
        &["schedule", "outcome"],
        "Runs of schedules that ended, by this process.",
    ),
    histogram(
        "tapedeck_schedule_run_duration_seconds",
        LONG,
        &["schedule"],
        "How long runs of schedules took.",
    ),
    gauge(
        "tapedeck_audit_unsealed_entries",
        &[],
        "Entries of the audit trail that are not in its chain yet.",
    ),
    gauge(
        "tapedeck_audit_unsealed_age_seconds",
        &[],
        "How long the oldest of them has waited; 0 when there is none.",
    ),
    gauge(
        "tapedeck_audit_overtaken",
        &[],
        "1 when an entry of the audit trail is not sealed though a later one is.",
    ),
    counter(
        "tapedeck_telemetry_exports_total",
        &["signal", "outcome"],
        "Batches that went to the collector, or did not.",
    ),
    counter(
        "tapedeck_telemetry_spans_dropped_total",
        &[],
        "Spans that were not exported, since the collector was too slow or away.",
    ),
    counter(
        "tapedeck_metrics_refused_total",
        &[],
        "Sets of labels that were not counted, since a metric had too many.",
    ),
    counter(
        "process_cpu_seconds_total",
        &[],
        "Processor time of this process, in user and system mode.",
    ),
    gauge("process_resident_memory_bytes", &[], "Memory that this process holds."),
    gauge("process_virtual_memory_bytes", &[], "Address space of this process."),
    gauge("process_open_fds", &[], "Open file descriptors."),
    gauge("process_max_fds", &[], "Open file descriptors that are allowed."),
    gauge("process_threads", &[], "Threads of this process."),
    gauge(
        "process_start_time_seconds",
        &[],
        "When this process was started, since the Unix epoch.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_keep_to_the_conventions() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for Metric { name, kind, labels, help } in METRICS {
            assert!(name.starts_with("tapedeck_") || name.starts_with("process_"), "{name}");
            assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(help.ends_with('.'), "{name}");
            assert!(!labels.contains(&"le"), "{name}");
            if let Kind::Histogram(bounds) = kind {
                assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]), "{name}");
            }
        }
    }
}
