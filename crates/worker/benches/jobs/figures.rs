//! Figures as they are printed.

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The value that so much of all does not exceed.
fn percentile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}

/// A rate beside that of a yardstick.
pub(crate) fn share(what: &str, ours: Vec<f64>, yardstick: Vec<f64>, whose: &str, wanted: &str) {
    let (ours, yardstick) = (median(ours), median(yardstick));
    let share = ours / yardstick * 100.0;
    println!("{what}: {ours:.0}/s; {whose} {yardstick:.0}/s; {share:.0} %{wanted}");
}

/// A rate.
pub(crate) fn rate(what: &str, rates: Vec<f64>, wanted: &str) {
    println!("{what}: {:.0}/s{wanted}", median(rates));
}

/// Waiting times in milliseconds.
pub(crate) fn latency(what: &str, mut waits: Vec<f64>, wanted: &str) {
    waits.sort_by(f64::total_cmp);
    let [p50, p99] = [0.5, 0.99].map(|part| percentile(&waits, part));
    let most = waits.last().unwrap();
    println!("{what}: p50 {p50:.1} ms, p99 {p99:.1} ms, most {most:.1} ms{wanted}");
}

/// How busy the machine is.
pub(crate) fn load_average() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
}
