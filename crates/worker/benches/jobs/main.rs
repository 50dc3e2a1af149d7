//! The queue, measured: how many submissions a second, how fast it is drained, how soon a job
//! starts; on Postgres beside pgbench in the same run, and on SQLite.
//!
//! `make bench-jobs` runs it beside a Postgres of its own with durable settings. What is compared
//! is measured in turns, several rounds of it, because on a shared machine nothing else means
//! much. It fails when a job was run twice, and not for a slow machine.
#![expect(clippy::print_stdout, reason = "prints what it measures")]

mod crew;
mod crew_process;
mod drain;
mod figures;
mod load;
mod log;
mod noop;
mod pgbench;
mod rows;
#[path = "../../../postgres/tests/support/mod.rs"]
mod support;
mod time;
mod together;
mod watched;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use pgbench::PgBench;
use support::TestDatabase;
use tapedeck_domain::port::Migrations as _;
use tapedeck_sqlite::{Database, SqliteJobs, SqliteMigrations};
use tempfile::TempDir;
use watched::Store;

/// How much is measured.
struct Size {
    rounds: usize,
    jobs: u64,
    together: u64,
    singles: u64,
}

/// Many short rounds: the disk of a shared machine is another one from second to second.
const WHOLE: Size = Size { rounds: 15, jobs: 5_000, together: 10_000, singles: 500 };
const QUICK: Size = Size { rounds: 1, jobs: 500, together: 1_000, singles: 50 };

/// How long submissions are counted, in each round.
const TIME: Duration = Duration::from_secs(1);

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if let [database, max_concurrent] = after(&args, crew_process::WORKER) {
        crew_process::work(database, max_concurrent.parse().unwrap()).await;
        return ExitCode::SUCCESS;
    }
    let size = if args.iter().any(|arg| arg == "--quick") { QUICK } else { WHOLE };
    let pgbench =
        after(&args, "--pgbench").first().expect("--pgbench PATH: run it by `make bench-jobs`");
    let only = after(&args, "--only").first().cloned().unwrap_or_default();
    let wants = |part: &str| part.starts_with(&only);
    figures::load_average();
    if wants("enqueue") {
        enqueue(&size, &PgBench::new(Path::new(pgbench))).await;
    }
    if wants("drain") {
        drain(&size).await;
    }
    if wants("start") {
        start(&size).await;
    }
    if wants("sqlite") {
        on_sqlite(&size).await;
    }
    let wrong = if wants("together") { several_workers(&size).await } else { 0 };
    figures::load_average();
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The arguments after one of this name.
fn after<'a>(args: &'a [String], name: &str) -> &'a [String] {
    args.iter().position(|arg| arg == name).map_or(&[], |at| &args[at + 1..])
}

async fn enqueue(size: &Size, pgbench: &PgBench) {
    for clients in [1, 8] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..size.rounds {
            theirs.push(pgbench.rate(clients, TIME).await);
            let database = TestDatabase::migrated().await;
            let jobs = Store::postgres(&database).await.jobs;
            ours.push(load::rate(&jobs, clients, TIME).await);
        }
        let what = format!("postgres, enqueue, {clients} clients");
        figures::share(&what, &ours, &theirs, "pgbench", " (wanted: 60 %)");
    }
}

async fn drain(size: &Size) {
    for max_concurrent in [64, 256] {
        let mut rates = Vec::new();
        for _ in 0..size.rounds.min(3) {
            let database = TestDatabase::migrated().await;
            rates.push(
                drain::drain(&Store::postgres(&database).await, size.jobs, max_concurrent).await,
            );
        }
        let what = format!("postgres, drain of {}, {max_concurrent} at once", size.jobs);
        figures::rate(&what, rates, " (wanted: 6000/s)");
    }
}

async fn start(size: &Size) {
    let database = TestDatabase::migrated().await;
    let waits = drain::start_latency(&Store::postgres(&database).await, size.singles).await;
    figures::latency("postgres, start, same process", waits, " (wanted: p99 under 15 ms)");
    let waits = together::start_latency(size.singles).await;
    figures::latency("postgres, start, another process", waits, " (wanted: p99 under 15 ms)");
}

/// The jobs of a new file, as a server would have them.
async fn sqlite(dir: &TempDir) -> Store {
    let path = dir.path().join("jobs.db");
    let database = Database::open(&path, 8, Duration::from_secs(10)).await.unwrap();
    SqliteMigrations(database.clone()).up().await.unwrap();
    Store::of(SqliteJobs::new(database))
}

async fn on_sqlite(size: &Size) {
    for clients in [1, 8] {
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for _ in 0..size.rounds {
            let rows = tokio::task::spawn_blocking(move || rows::rate(clients, TIME));
            plain.push(rows.await.unwrap());
            let dir = TempDir::new().unwrap();
            ours.push(load::rate(&sqlite(&dir).await.jobs, clients, TIME).await);
        }
        let what = format!("sqlite, enqueue, {clients} clients");
        figures::share(&what, &ours, &plain, "plain inserts", "");
    }
    for max_concurrent in [64, 256] {
        let mut rates = Vec::new();
        for _ in 0..size.rounds.min(3) {
            let dir = TempDir::new().unwrap();
            rates.push(drain::drain(&sqlite(&dir).await, size.jobs, max_concurrent).await);
        }
        let what = format!("sqlite, drain of {}, {max_concurrent} at once", size.jobs);
        figures::rate(&what, rates, "");
    }
    let dir = TempDir::new().unwrap();
    let waits = drain::start_latency(&sqlite(&dir).await, size.singles).await;
    figures::latency("sqlite, start, same process", waits, "");
}

/// How many jobs did not go as they should.
async fn several_workers(size: &Size) -> usize {
    let (mut one, mut two, mut wrong) = (Vec::new(), Vec::new(), 0);
    for _ in 0..size.rounds.min(3) {
        for (workers, rates) in [(1, &mut one), (2, &mut two)] {
            let (rate, faults) = together::drain(workers, size.together, 64).await;
            rates.push(rate);
            wrong += faults;
        }
    }
    let jobs = size.together;
    figures::rate(&format!("postgres, {jobs} jobs by one worker process"), one, "");
    figures::rate(&format!("postgres, {jobs} jobs by two worker processes"), two, "");
    println!("jobs that were run twice, lost or logged wrongly: {wrong} (wanted: 0)");
    wrong
}
