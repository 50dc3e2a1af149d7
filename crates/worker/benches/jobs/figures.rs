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

/// A rate beside that of a yardstick, round by round, so that both had about the same machine.
pub(crate) fn share(what: &str, ours: &[f64], yardstick: &[f64], whose: &str, wanted: &str) {
    let shares = ours.iter().zip(yardstick).map(|(ours, yardstick)| ours / yardstick * 100.0);
    let mut shares: Vec<_> = shares.collect();
    shares.sort_by(f64::total_cmp);
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| percentile(&shares, part));
    let (ours, yardstick) = (median(ours.to_vec()), median(yardstick.to_vec()));
    println!(
        "{what}: {ours:.0}/s; {whose} {yardstick:.0}/s; {middle:.0} % of it in the middle round, \
         {low:.0} to {high:.0} % in half of them{wanted}"
    );
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
