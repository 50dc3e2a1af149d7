//! Runs a reference and its subjects in turns, so that whatever else the machine does slows them
//! alike, and prints the ratio of their medians.

use std::time::{Duration, Instant};

/// Turns; the first is not counted.
const TURNS: usize = 25;

#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn timed(work: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Prints the median of the reference, and that of each subject with its ratio to it.
#[expect(clippy::print_stdout, reason = "what a bench is for")]
pub(crate) fn compare(
    name: &str,
    reference: &mut dyn FnMut(),
    subjects: &mut [(&str, &mut dyn FnMut())],
) {
    let mut times = vec![Vec::new(); subjects.len() + 1];
    for turn in 0..TURNS {
        let taken = std::iter::once(timed(reference))
            .chain(subjects.iter_mut().map(|(_, subject)| timed(subject)))
            .collect::<Vec<_>>();
        if turn > 0 {
            times.iter_mut().zip(taken).for_each(|(times, taken)| times.push(taken));
        }
    }
    let mut medians = times.into_iter().map(median);
    let base = medians.next().unwrap_or_default();
    println!("{name:<24} {:>12} {:>8}", "median", "ratio");
    println!("{:<24} {base:>12.3?} {:>8.2}", "reference loop", 1.0);
    for ((subject, _), median) in subjects.iter().zip(medians) {
        let ratio = median.as_secs_f64() / base.as_secs_f64();
        println!("{subject:<24} {median:>12.3?} {ratio:>8.2}");
    }
}
