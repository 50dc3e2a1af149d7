//! The text format of Prometheus, read strictly.

use std::collections::{BTreeMap, BTreeSet};

/// Labels in their order.
pub(crate) type Labels = BTreeMap<String, String>;

/// What a scrape said.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    /// Families with their types.
    pub(crate) types: BTreeMap<String, String>,
    /// Samples by name and labels.
    pub(crate) samples: BTreeMap<(String, Labels), f64>,
}

impl Exposition {
    /// The sum of all samples of this name that have these labels, others aside.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let fits = |found: &Labels| {
            labels.iter().all(|(name, value)| found.get(*name).is_some_and(|found| found == value))
        };
        let all = self.samples.iter().filter(|((found, with), _)| found == name && fits(with));
        // Adding to 0, since the sum of nothing is the negative zero.
        all.map(|(_, value)| value).fold(0.0, |sum, value| sum + value)
    }

    /// Whether there is such a sample.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.samples.keys().any(|(found, _)| found == name)
    }

    /// Samples of this name.
    pub(crate) fn count(&self, name: &str) -> usize {
        self.samples.keys().filter(|(found, _)| found == name).count()
    }
}

/// Reads a text to its end.
pub(crate) fn parse(text: &str) -> Result<Exposition, String> {
    let mut all = Exposition::default();
    let (mut helps, mut current) = (BTreeSet::new(), String::new());
    if !text.ends_with('\n') {
        return Err("the last line does not end".to_owned());
    }
    for line in text.lines() {
        let fault = |what: &str| Err(format!("{what}: {line}"));
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let Some((name, help)) = rest.split_once(' ') else { return fault("no help") };
            if help.is_empty() || !helps.insert(name.to_owned()) {
                return fault("help twice or empty");
            }
            current = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let Some((name, kind)) = rest.split_once(' ') else { return fault("no type") };
            if name != current || !["counter", "gauge", "histogram"].contains(&kind) {
                return fault("a type out of place");
            }
            if all.types.insert(name.to_owned(), kind.to_owned()).is_some() {
                return fault("type twice");
            }
        } else {
            let (name, labels, value) = sample(line)?;
            let parts = ["_bucket", "_sum", "_count"];
            let histogram = all.types.get(&current).is_some_and(|kind| kind == "histogram");
            let own = if histogram {
                parts.iter().any(|part| name.strip_suffix(part) == Some(&current))
            } else {
                name == current
            };
            if !own {
                return fault("a sample outside its family");
            }
            if all.samples.insert((name, labels), value).is_some() {
                return fault("a sample twice");
            }
        }
    }
    histograms(&all)?;
    Ok(all)
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let head = |c: u8| c.is_ascii_alphabetic() || c == b'_' || c == b':';
    bytes.next().is_some_and(head) && bytes.all(|c| head(c) || c.is_ascii_digit())
}

fn sample(line: &str) -> Result<(String, Labels, f64), String> {
    let fault = || format!("not a sample: {line}");
    let name_end = line.find(['{', ' ']).ok_or_else(fault)?;
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").ok_or_else(fault)?;
            let (value, after) = quoted(after).ok_or_else(fault)?;
            if !is_name(label) || labels.insert(label.to_owned(), value).is_some() {
                return Err(fault());
            }
            if let Some(more) = after.strip_prefix(',') {
                rest = more;
            } else {
                rest = after.strip_prefix('}').ok_or_else(fault)?;
                break;
            }
        }
    }
    let value = rest.strip_prefix(' ').ok_or_else(fault)?;
    let value = value.parse().map_err(|_| fault())?;
    if is_name(name) { Ok((name.to_owned(), labels, value)) } else { Err(fault()) }
}

/// A value up to its quote, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

/// Buckets grow, and the last of them has everything.
fn histograms(all: &Exposition) -> Result<(), String> {
    let mut series: BTreeMap<(String, Labels), Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), count) in &all.samples {
        let Some(family) = name.strip_suffix("_bucket") else { continue };
        let mut labels = labels.clone();
        let bound = labels.remove("le").ok_or("a bucket without a bound")?;
        let bound: f64 = bound.parse().map_err(|_| format!("bound {bound}"))?;
        series.entry((family.to_owned(), labels)).or_default().push((bound, *count));
    }
    for ((family, labels), mut buckets) in series {
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        let grows = buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1);
        let total = all.samples.get(&(format!("{family}_count"), labels.clone()));
        let whole = buckets.last().is_some_and(|(bound, count)| {
            bound.is_infinite() && total.is_some_and(|total| total == count)
        });
        let sum = all.samples.contains_key(&(format!("{family}_sum"), labels));
        if !(grows && whole && sum) {
            return Err(format!("{family} is no histogram"));
        }
    }
    Ok(())
}

#[test]
fn the_reader_is_strict() {
    let head = "# HELP a b\n# TYPE a counter\n";
    let good = format!("{head}a{{x=\"1\\\"\\\\\\n\",y=\"\"}} 1.5\n");
    assert_eq!(parse(&good).unwrap().sum("a", &[("x", "1\"\\\n")]), 1.5);
    let bad = ["a 1\n", "a 1", "\n", "# HELP a b\n# HELP a b\n", "# TYPE a counter\n"];
    for text in bad.map(str::to_owned).into_iter().chain(
        [
            "a{x=\"1\"} 1\na{x=\"1\"} 2\n",
            "b 1\n",
            "a{x=1} 1\n",
            "a{x=\"1\" 1\n",
            "a  1\n",
            "a one\n",
            "a{1=\"\"} 1\n",
        ]
        .map(|text| format!("{head}{text}")),
    ) {
        assert!(parse(&text).is_err(), "{text:?}");
    }
    let histogram = "# HELP h b\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n";
    assert!(parse(histogram).is_err());
}
