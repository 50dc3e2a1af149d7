//! The arrows and fences of `docs/ARCHITECTURE.md`, held against `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

type Table = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "asks cargo about this workspace")]
fn metadata() -> Value {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Short crate name to the names it depends on; tests and benches may use what they like of
/// third parties, so only `normal` dependencies count there.
fn dependencies(metadata: &Value) -> Table {
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
            let names = normal.map(|dependency| short(dependency["name"].as_str().unwrap()));
            (short(package["name"].as_str().unwrap()), names.collect())
        })
        .collect()
}

fn short(name: &str) -> String {
    match name.strip_prefix("tapedeck-") {
        Some(short) => format!("tapedeck/{short}"),
        None if name == "tapedeck" => "tapedeck/tapedeck".to_owned(),
        None => name.to_owned(),
    }
}

/// The rows of the table whose header's last cell is `last`: first cell to the names in the last.
fn table(last: &str) -> Table {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    text.lines()
        .skip_while(|line| cells(line).last().is_none_or(|cell| cell != last))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .map(|row| {
            let names = row.last().unwrap().split(',').map(str::trim);
            let names = names.filter(|name| *name != "-").map(str::to_owned).collect();
            (row.first().unwrap().clone(), names)
        })
        .collect()
}

#[test]
fn crates_depend_only_on_what_the_table_allows() {
    let allowed = table("may depend on");
    let found = dependencies(&metadata());
    let crates: BTreeSet<_> = found.keys().filter_map(|n| n.strip_prefix("tapedeck/")).collect();
    let listed: BTreeSet<_> = allowed.keys().map(String::as_str).collect();
    assert_eq!(crates, listed, "the table lists exactly the crates that there are");
    for (name, dependencies) in &found {
        let name = name.strip_prefix("tapedeck/").unwrap();
        let used: BTreeSet<String> = dependencies
            .iter()
            .filter_map(|dependency| dependency.strip_prefix("tapedeck/"))
            .map(str::to_owned)
            .collect();
        assert_eq!(used, allowed[name], "arrows of `{name}`");
    }
}

#[test]
fn third_party_crates_stay_behind_their_fences() {
    let fences = table("only in");
    assert!(fences.contains_key("diesel"), "the table of fences was found");
    let found = dependencies(&metadata());
    for (fenced, allowed) in &fences {
        let users: BTreeSet<String> = found
            .iter()
            .filter(|(_, dependencies)| dependencies.contains(fenced))
            .map(|(name, _)| name.trim_start_matches("tapedeck/").to_owned())
            .collect();
        assert_eq!(&users, allowed, "users of `{fenced}`");
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for package in metadata()["packages"].as_array().unwrap() {
        let path = package["manifest_path"].as_str().unwrap();
        let manifest = std::fs::read_to_string(path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{path}");
    }
}

#[test]
fn every_file_that_the_documents_name_exists() {
    let root = root();
    let mut documents = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { documents.push(path) }
        }
    }
    let mut named = 0;
    for document in documents.iter().filter(|path| path.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(document).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let paths = quoted.filter(|text| {
            let inside = ["crates/", "docs/", "tests/", "migrations/", "scripts/", "deploy/"];
            inside.iter().any(|start| text.starts_with(start))
                && !text.contains(['<', '*', '{', ' '])
        });
        for path in paths {
            assert!(root.join(path).exists(), "{} names {path}", document.display());
            named += 1;
        }
    }
    assert!(named > 0, "the documents name files");
}
