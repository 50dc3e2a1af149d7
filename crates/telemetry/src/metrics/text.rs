//! The text format of Prometheus, version 0.0.4.

use std::fmt::Write as _;

use super::{Family, Kind, Sample, Value};

/// All families, those without values with their heads alone.
pub fn render(families: &[Family]) -> String {
    let mut text = String::new();
    for Family { metric, samples } in families {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "# HELP {} {}", metric.name, metric.help.replace('\\', r"\\"));
        let _ = writeln!(text, "# TYPE {} {}", metric.name, metric.kind.as_str());
        for sample in samples {
            match (&sample.value, metric.kind) {
                (Value::Number(number), _) => line(&mut text, metric.name, sample, None, *number),
                (Value::Histogram { counts, sum }, Kind::Histogram(bounds)) => {
                    histogram(&mut text, metric.name, sample, bounds, counts, *sum);
                }
                (Value::Histogram { .. }, Kind::Counter | Kind::Gauge) => {}
            }
        }
    }
    text
}

fn histogram(
    text: &mut String,
    name: &str,
    sample: &Sample,
    bounds: &[f64],
    counts: &[u64],
    sum: f64,
) {
    let bounds = bounds.iter().copied().chain([f64::INFINITY]);
    let mut total = 0;
    for (bound, count) in bounds.zip(counts) {
        total += count;
        line(text, &format!("{name}_bucket"), sample, Some(bound), total as f64);
    }
    line(text, &format!("{name}_sum"), sample, None, sum);
    line(text, &format!("{name}_count"), sample, None, total as f64);
}

fn line(text: &mut String, name: &str, sample: &Sample, le: Option<f64>, value: f64) {
    let labels = sample.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value)));
    let le = le.map(|bound| format!("le=\"{}\"", number(bound)));
    let labels: Vec<String> = labels.chain(le).collect();
    let labels =
        if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{name}{labels} {}", number(value));
}

fn number(value: f64) -> String {
    if value == f64::INFINITY {
        return "+Inf".to_owned();
    }
    if value == f64::NEG_INFINITY { "-Inf".to_owned() } else { value.to_string() }
}

fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::table::find;
    use super::*;

    #[test]
    fn a_family_is_written_as_the_format_says() {
        let kind = |text: &str| vec![("kind".to_owned(), text.to_owned())];
        let families = [
            Family {
                metric: find("tapedeck_streams_open").unwrap(),
                samples: vec![Sample { labels: kind("a\"b\\c\nd"), value: Value::Number(1.5) }],
            },
            Family { metric: find("tapedeck_runs_active").unwrap(), samples: Vec::new() },
            Family {
                metric: find("tapedeck_run_attempts").unwrap(),
                samples: vec![Sample {
                    labels: Vec::new(),
                    value: Value::Histogram { counts: vec![3, 0, 1, 0, 0, 0, 2], sum: 40.0 },
                }],
            },
        ];
        let expected = "\
# HELP tapedeck_streams_open Open streams: sockets and event streams of playback, and event logs.
# TYPE tapedeck_streams_open gauge
tapedeck_streams_open{kind=\"a\\\"b\\\\c\\nd\"} 1.5
# HELP tapedeck_runs_active Jobs that this process works on.
# TYPE tapedeck_runs_active gauge
# HELP tapedeck_run_attempts Starts that a job took to its end.
# TYPE tapedeck_run_attempts histogram
tapedeck_run_attempts_bucket{le=\"1\"} 3
tapedeck_run_attempts_bucket{le=\"2\"} 3
tapedeck_run_attempts_bucket{le=\"3\"} 4
tapedeck_run_attempts_bucket{le=\"4\"} 4
tapedeck_run_attempts_bucket{le=\"5\"} 4
tapedeck_run_attempts_bucket{le=\"10\"} 4
tapedeck_run_attempts_bucket{le=\"+Inf\"} 6
tapedeck_run_attempts_sum 40
tapedeck_run_attempts_count 6
";
        assert_eq!(render(&families), expected);
    }
}
