//! No case is written and then forgotten.

use std::path::Path;

#[test]
fn every_case_is_in_the_list_of_its_suite() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
    let lists = ["macros.rs", "audit_macros.rs", "job_macros.rs"].map(|file| dir.join(file));
    let macros = lists.map(|file| std::fs::read_to_string(file).unwrap()).concat();
    let listed: Vec<&str> = macros.lines().map(str::trim).collect();
    let (mut folders, mut cases) = (vec![dir], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in text.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
                let name = name.split('(').next().unwrap();
                assert!(listed.contains(&name), "{} has {name}", path.display());
                cases += 1;
            }
        }
    }
    assert!(cases > 60, "the cases were found");
}
