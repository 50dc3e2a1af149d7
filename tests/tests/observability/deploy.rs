//! Dashboard, alerts and guide speak of metrics that there are.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::exposition::Exposition;
use crate::server::Server;

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// Words of a text that look like metrics of this server.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    let ours = words.filter(|word| word.starts_with("tapedeck_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

/// Those that are neither a family nor a series of one.
fn missing(named: &BTreeSet<String>, scrape: &Exposition) -> Vec<String> {
    let is_there = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().any(|part| {
            let family = name.strip_suffix(part);
            family.and_then(|family| scrape.types.get(family)).is_some_and(|t| t == "histogram")
        });
        of_histogram || scrape.types.contains_key(name)
    };
    named.iter().filter(|name| !is_there(name)).cloned().collect()
}

/// All texts under the key `expr`, wherever they are.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(text) if key == "expr" => found.push(text.to_owned()),
                    Some(_) | None => expressions(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn dashboard_alerts_and_guide_name_metrics_that_there_are() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), &[]).await;
    let scrape = server.scrape().await;

    let dashboard: Value = serde_json::from_str(&file("deploy/grafana/tapedeck.json")).unwrap();
    let mut all = Vec::new();
    expressions(&dashboard, &mut all);
    assert!(all.len() > 20, "{}", all.len());
    for expression in &all {
        let named = named(expression);
        assert!(!named.is_empty(), "{expression}");
        assert_eq!(missing(&named, &scrape), Vec::<String>::new(), "{expression}");
    }

    let alerts = file("deploy/prometheus/alerts.yaml");
    let rules = alerts.lines().filter(|line| line.trim_start().starts_with("- alert:")).count();
    assert!(rules >= 10, "{rules}");
    assert_eq!(missing(&named(&alerts), &scrape), Vec::<String>::new());

    let guide = file("docs/operations.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: BTreeSet<String> = rows
        .filter_map(|row| row.split('`').next())
        .filter(|name| name.starts_with("tapedeck_") || name.starts_with("process_"))
        .map(str::to_owned)
        .collect();
    let exposed: BTreeSet<String> = scrape.types.keys().cloned().collect();
    assert_eq!(listed, exposed, "the table of metrics in the operator's guide");
}
