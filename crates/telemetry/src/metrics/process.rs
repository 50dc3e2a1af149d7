//! This process, as the kernel describes it.

use super::{Family, gauge};

/// Memory, processor time, descriptors and start of this process; of what `/proc` does not tell
/// there is nothing.
pub fn process_families() -> Vec<Family> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let limits = read("/proc/self/limits");
    let mut all = of_stat(&read("/proc/self/stat"), &read("/proc/stat"));
    let status = read("/proc/self/status");
    all.extend(kilobytes(&status, "VmRSS:").and_then(|n| one("process_resident_memory_bytes", n)));
    all.extend(kilobytes(&status, "VmSize:").and_then(|n| one("process_virtual_memory_bytes", n)));
    all.extend(open_files().and_then(|n| one("process_open_fds", n)));
    all.extend(most_files(&limits).and_then(|n| one("process_max_fds", n)));
    all
}

fn one(name: &str, value: f64) -> Option<Family> {
    gauge(name, [(Vec::new(), value)])
}

/// What `stat` has in ticks.
fn of_stat(own: &str, machine: &str) -> Vec<Family> {
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    // The name before it may have blanks and brackets in it.
    let Some((_, fields)) = own.rsplit_once(')') else { return Vec::new() };
    let fields: Vec<f64> =
        fields.split_ascii_whitespace().skip(1).map(|n| n.parse().unwrap_or(0.0)).collect();
    let field = |number: usize| fields.get(number - 4).copied();
    let booted = value(machine, "btime");
    let cpu = field(14).zip(field(15)).map(|(user, system)| (user + system) / ticks);
    let started = field(22).zip(booted).map(|(after, booted)| booted + after / ticks);
    let all = [
        cpu.and_then(|seconds| one("process_cpu_seconds_total", seconds)),
        field(20).and_then(|threads| one("process_threads", threads)),
        started.and_then(|at| one("process_start_time_seconds", at)),
    ];
    all.into_iter().flatten().collect()
}

fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn kilobytes(status: &str, name: &str) -> Option<f64> {
    value(status, name).map(|kb| kb * 1024.0)
}

fn most_files(limits: &str) -> Option<f64> {
    value(limits, "Max open files")
}

/// Without the one that reads them.
fn open_files() -> Option<f64> {
    let count = std::fs::read_dir("/proc/self/fd").ok()?.count();
    Some(count.saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::*;

    fn number(families: &[Family], name: &str) -> f64 {
        let family = families.iter().find(|family| family.metric.name == name).unwrap();
        let Value::Number(number) = family.samples[0].value else { panic!("{family:?}") };
        number
    }

    #[test]
    fn fields_are_found_behind_any_name() {
        let rest = "S 1 1 1 0 -1 0 0 0 0 0 300 200 0 0 20 0 9 0 5000 0 0";
        let own = format!("42 (a) b (c) {rest}");
        let families = of_stat(&own, "cpu 1 2\nbtime 1000000\n");
        let ticks = rustix::param::clock_ticks_per_second() as f64;
        assert_eq!(number(&families, "process_cpu_seconds_total"), 500.0 / ticks);
        assert_eq!(number(&families, "process_threads"), 9.0);
        assert_eq!(number(&families, "process_start_time_seconds"), 1e6 + 5000.0 / ticks);
        assert!(of_stat("", "").is_empty());
    }

    #[test]
    fn this_process_is_described() {
        let families = process_families();
        assert!(number(&families, "process_resident_memory_bytes") > 1e6);
        assert!(number(&families, "process_open_fds") >= 3.0);
        assert!(number(&families, "process_max_fds") >= number(&families, "process_open_fds"));
        assert!(number(&families, "process_start_time_seconds") > 1.6e9);
        assert_eq!(families.len(), 7);
    }
}
