//! The audit trail as JSON, for the API and the command line alike.

use serde_json::{Value, json};
use tapedeck_domain::audit::{Audited, Fault, Head, Verification};

/// An entry.
pub fn entry(Audited { seq, entry, hash }: &Audited) -> Value {
    json!({
        "seq": seq,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "request_id": entry.request_id,
        "time": entry.at.to_string(),
        "before": entry.before,
        "after": entry.after,
        "hash": hash.map(|hash| hash.to_string()),
    })
}

/// The end of a chain.
pub fn head(head: &Head) -> Value {
    json!({
        "position": head.position,
        "seq": head.seq,
        "hash": head.hash.to_string(),
        "at": head.at.to_string(),
    })
}

/// What is wrong.
pub fn fault(fault: &Fault) -> Value {
    let mut document = json!({"kind": fault.kind.as_str(), "detail": fault.detail});
    if let Some(position) = fault.position {
        document["position"] = position.into();
    }
    if let Some(seq) = fault.seq {
        document["seq"] = seq.into();
    }
    document
}

/// What a look at the whole trail has found.
pub fn verification(found: &Verification) -> Value {
    let mut unsealed = json!({"entries": found.unsealed.entries});
    if let Some(age) = found.oldest_age_ms {
        unsealed["oldest_age_ms"] = age.into();
    }
    let mut document = json!({
        "intact": found.is_intact(),
        "entries": found.entries,
        "head": head(&found.head),
        "unsealed": unsealed,
    });
    if let Some(first) = &found.fault {
        document["first_fault"] = fault(first);
    }
    if let Some(warning) = found.warning() {
        document["warning"] = warning.into();
    }
    document
}
