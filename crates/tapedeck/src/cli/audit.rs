use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tapedeck_application::AuditTrail;
use tapedeck_domain::actor::Actor;
use tapedeck_domain::audit::{Fault, Head, Verification};
use tapedeck_domain::id::RequestId;
use tapedeck_domain::port::AuditFilter;
use tapedeck_domain::time::Timestamp;
use tapedeck_files::verify_archive;
use tapedeck_http::audit_json;

use crate::adapters::Adapters;
use crate::audit;

#[derive(Subcommand)]
pub(super) enum Action {
    /// Find out whether anybody changed the audit trail; fails if so.
    Verify(What),
    /// Write entries to standard output, newest first, one JSON object a line.
    Export(Which),
    /// Keep what was sealed since the last time as a file in `audit.export_dir`.
    Archive,
}

#[derive(Args)]
pub(super) struct What {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
    /// Look at the archive in this directory alone, without the database.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Which {
    /// Made at this moment or later, such as 2026-01-31 or 2026-01-31T14:30:00Z.
    #[arg(long)]
    since: Option<Timestamp>,
    /// Made before this moment.
    #[arg(long)]
    until: Option<Timestamp>,
    /// By this actor.
    #[arg(long)]
    actor: Option<Actor>,
    /// This action, such as `queue.pause`.
    #[arg(long)]
    action: Option<String>,
    /// Of this subject.
    #[arg(long)]
    subject: Option<String>,
    /// Asked for by this request.
    #[arg(long)]
    request_id: Option<RequestId>,
}

#[expect(clippy::print_stdout, reason = "the output of a command")]
pub(super) async fn run(action: Action) -> anyhow::Result<()> {
    match action {
        Action::Verify(What { json, export: Some(dir) }) => {
            let (head, fault) = verify_archive(&dir)?;
            let document = json!({
                "intact": fault.is_none(), "entries": head.position, "head": audit_json::head(&head),
            });
            print!("{}", shown(json, with_fault(document, fault.as_ref()), &head, fault.as_ref()));
            passed(fault.as_ref())
        }
        Action::Verify(What { json, export: None }) => {
            let adapters = Adapters::open(&super::settings()?).await?;
            let found = audit::verify(&adapters).verify().await?;
            print!("{}", found_text(json, &found));
            passed(found.fault.as_ref())
        }
        Action::Export(which) => {
            let adapters = Adapters::open(&super::settings()?).await?;
            export(&AuditTrail::new(adapters.audit), which).await
        }
        Action::Archive => {
            let adapters = Adapters::open(&super::settings()?).await?;
            let done = audit::export(&adapters).export().await?;
            println!("{} entries archived, up to position {}", done.entries, done.until);
            Ok(())
        }
    }
}

fn passed(fault: Option<&Fault>) -> anyhow::Result<()> {
    match fault {
        None => Ok(()),
        Some(fault) => anyhow::bail!("the audit trail is not intact: {}", fault.kind.as_str()),
    }
}

fn with_fault(mut document: Value, fault: Option<&Fault>) -> Value {
    if let Some(fault) = fault {
        document["first_fault"] = audit_json::fault(fault);
    }
    document
}

fn found_text(json: bool, found: &Verification) -> String {
    let text = shown(json, audit_json::verification(found), &found.head, found.fault.as_ref());
    match found.warning() {
        Some(warning) if !json => format!("{text}warning: {warning}\n"),
        Some(_) | None => text,
    }
}

fn shown(json: bool, document: Value, head: &Head, fault: Option<&Fault>) -> String {
    if json {
        return format!("{document}\n");
    }
    let Head { position, hash, at, .. } = head;
    let mut text = format!("{position} entries are sound\n");
    if *position > 0 {
        text += &format!("head: {hash}, sealed at {at}\n");
    }
    if let Some(Fault { kind, position, seq, detail }) = fault {
        let place = position.map(|position| format!(" at position {position}")).unwrap_or_default();
        let entry = seq.map(|seq| format!(", entry {seq}")).unwrap_or_default();
        text += &format!("first fault: {}{place}{entry}: {detail}\n", kind.as_str());
    }
    text
}

/// Page by page, so that it takes no more memory for a longer trail.
async fn export(trail: &AuditTrail, which: Which) -> anyhow::Result<()> {
    const PAGE: usize = 500;
    let Which { since, until, actor, action, subject, request_id } = which;
    let filter = AuditFilter { actor, action, subject, request_id, since, until };
    let (mut out, mut before) = (std::io::stdout().lock(), None);
    loop {
        let page = trail.list(filter.clone(), before, PAGE).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        for audited in &page {
            writeln!(out, "{}", audit_json::entry(audited))?;
        }
    }
    Ok(out.flush()?)
}
