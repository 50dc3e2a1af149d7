//! What the databases refuse by themselves.

use crate::on_both;
use crate::trail::Trail;

on_both! {
    rows_can_be_added_and_nothing_else
}

async fn rows_can_be_added_and_nothing_else(trail: Trail) {
    let mut refused = vec![
        "UPDATE audit_entries SET actor = 'x' WHERE seq = 1",
        "DELETE FROM audit_entries WHERE seq = 1",
        "DELETE FROM audit_entries",
        "UPDATE audit_chain SET hash = 'x'",
        "DELETE FROM audit_chain WHERE position = 10",
        "INSERT INTO audit_chain VALUES (0, 99, 0, 0, 'x')",
        "INSERT INTO audit_chain VALUES (-1, 99, 0, 0, 'x')",
    ];
    if trail.is_postgres() {
        refused.extend([
            "TRUNCATE audit_entries",
            "TRUNCATE audit_chain",
            "SET session_replication_role = replica; DELETE FROM audit_entries",
            "INSERT INTO audit_chain VALUES (1, 99, 0, 0, 'x') \
             ON CONFLICT (position) DO UPDATE SET hash = 'x'",
        ]);
    } else {
        refused.extend([
            "INSERT OR REPLACE INTO audit_entries (seq, at, actor, action, subject) \
             VALUES (1, 0, 'x', 'x', 'x')",
            "REPLACE INTO audit_chain VALUES (1, 99, 0, 0, 'x')",
            "REPLACE INTO audit_chain VALUES (99, 1, 0, 0, 'x')",
        ]);
    }
    for sql in refused {
        trail.sql(sql).await.expect_err(sql);
    }
    assert_eq!(trail.entries().await, 10);
    trail.is_intact().await;
}
