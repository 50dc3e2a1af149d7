use std::fmt::Write as _;

use crate::problem::Code;

const HEAD: &str = "# Error codes

Every answer that is not a success is a problem document (RFC 9457,
`application/problem+json`). Its `code` is one of these; its `type` is the path
of a page that the server serves. Written by `make openapi` from the table in
`crates/http/src/problem.rs`.

| code | status | title | meaning |
| --- | --- | --- | --- |
";

/// The table of codes as Markdown: `docs/api/error-codes.md`.
pub fn error_codes_markdown() -> String {
    Code::ALL.iter().fold(HEAD.to_owned(), |mut text, code| {
        let (name, status) = (code.as_str(), code.status());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{name}` | {status} | {} | {} |", code.title(), code.meaning());
        text
    })
}
