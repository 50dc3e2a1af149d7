//! The page on security lists the attacks that are tried, all of them and no others.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The tests of this program that are attacks.
fn tried() -> BTreeSet<String> {
    let own = std::env::current_exe().unwrap();
    let listed = Command::new(own).args(["--list", "--format", "terse"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let names = listed.lines().filter_map(|line| line.strip_suffix(": test"));
    let attacks = |name: &&str| !name.starts_with("described::") && !name.starts_with("ordinary::");
    names.filter(attacks).map(str::to_owned).collect()
}

/// What is in the last column of the table of attacks.
fn described() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page.split_once("| attack | stopped by | ends as | test |\n").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let last = |row: &str| row.trim_end_matches([' ', '|']).rsplit_once('|').unwrap().1.to_owned();
    rows.map(last).map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

#[test]
fn every_attack_of_the_page_is_tried_and_every_attack_that_is_tried_is_on_the_page() {
    let described = described();
    let each: BTreeSet<String> = described.iter().cloned().collect();
    assert_eq!(each.len(), described.len(), "an attack is on the page twice");
    let tried = tried();
    let missing: Vec<_> = tried.difference(&each).collect();
    let unknown: Vec<_> = each.difference(&tried).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:#?}, unknown {unknown:#?}");
    assert!(tried.len() > 50, "{}", tried.len());
}
