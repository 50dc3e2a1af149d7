//! What somebody may have meant.

use crate::table::PREFIX;

/// The known name that `name` is probably a misspelling of; none when it is far from all.
pub(crate) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let misplaced = |other: &&String| other.ends_with(&format!(".{name}"));
    if let Some(known) = known.iter().find(misplaced) {
        return Some(known);
    }
    let name = bare(name);
    let measured = known.iter().map(|other| (distance(&name, &bare(other)), other));
    let (distance, known) = measured.min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may be wrong: beyond that nothing has much to do with it.
    (distance * 3 <= name.len()).then_some(known)
}

/// What differs between names: no prefix, no case.
fn bare(name: &str) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase()
}

/// Levenshtein distance, over bytes: the names are ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let substitute = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = substitute.min(left + 1).min(*cell + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_is_told_from_nonsense() {
        let known = ["TAPEDECK__SERVER__PORT", "TAPEDECK__LOGGING__LEVEL", "server.port"];
        let known = known.map(str::to_owned);
        for (name, meant) in [
            ("TAPEDECK__SERVER__PROT", Some("TAPEDECK__SERVER__PORT")),
            ("TAPEDECK__server__port", Some("TAPEDECK__SERVER__PORT")),
            ("TAPEDECK__LOGING__LEVEL", Some("TAPEDECK__LOGGING__LEVEL")),
            ("port", Some("server.port")),
            ("TAPEDECK__X", None),
            ("TAPEDECK__", None),
            ("TAPEDECK__FROBNICATE__THE_WIDGET", None),
            ("server.colour_of_the_roof", None),
        ] {
            assert_eq!(nearest(name, &known), meant, "{name}");
        }
        assert_eq!(nearest("anything", &[]), None);
    }
}
