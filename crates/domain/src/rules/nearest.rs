//! The name that somebody meant.

/// `what` with the nearest of the known names, or with all of them when none is near.
pub(super) fn hint<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    if known.is_empty() {
        return String::new();
    }
    match nearest(given, &known) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => format!("; there are {}", known.join(", ")),
    }
}

fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let tolerated = ((given.chars().count() + 1) / 3).max(1);
    // Nobody means a long name by a short one, and the work stays small.
    let close = known.iter().filter(|name| name.len().abs_diff(given.len()) <= tolerated);
    let measured = close.map(|name| (distance(given, name), *name));
    measured.filter(|(d, _)| *d <= tolerated).min().map(|(_, name)| name)
}

/// Letters to change, insert or leave out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_and_all_of_them_when_none_is_near() {
        let outputs = ["upper", "middle", "lower"];
        assert_eq!(hint("uper", outputs), "; did you mean `upper`?");
        assert_eq!(hint("Close", ["open", "close"]), "; did you mean `close`?");
        assert_eq!(hint("line", outputs), "; there are upper, middle, lower");
        assert_eq!(hint("x", []), "");
    }
}
