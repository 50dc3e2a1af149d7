//! Files that are written from tables are what the tables say.

use std::path::Path;

fn committed(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read_to_string(root.join(path)).unwrap_or_default()
}

#[test]
fn the_table_of_error_codes_is_the_one_of_the_code() {
    let same = committed("docs/api/error-codes.md") == tapedeck_http::error_codes_markdown();
    assert!(same, "docs/api/error-codes.md is out of date: make openapi");
}
