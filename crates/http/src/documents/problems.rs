use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::page;
use crate::problem::{Code, Problem};
use crate::problem_example::example as problem_example;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .3rem }
td, th { padding: .2rem 1rem .2rem 0; text-align: left }
";

/// The one style of these pages, by its hash.
static POLICY: LazyLock<String> =
    LazyLock::new(|| format!("style-src 'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE))));

/// `GET /problems`: all of them.
pub(crate) async fn problems() -> HttpResponse {
    let row = |code: &Code| {
        let (page, name) = (code.page(), code.as_str());
        let (status, title) = (code.status(), escaped(code.title()));
        format!("<tr><td><a href=\"{page}\"><code>{name}</code></a><td>{status}<td>{title}\n")
    };
    let rows: String = Code::ALL.iter().map(row).collect();
    document(
        "Problems",
        &format!(
            "<p>Every answer that is not a success is a problem document (RFC 9457) with one of \
             these codes.</p>\n<table>\n<tr><th>Code<th>Status<th>Title\n{rows}</table>"
        ),
    )
}

/// `GET /problems/{code}`: the page that a document's `type` leads to.
pub(crate) async fn problem(req: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = req.match_info().query("code");
    if name.is_empty() {
        return Ok(problems().await);
    }
    let code = Code::ALL.iter().find(|code| code.page().strip_prefix("/problems/") == Some(name));
    code.map(|code| about(*code)).ok_or_else(page::no_such_file)
}

fn about(code: Code) -> HttpResponse {
    let example = serde_json::to_string_pretty(&problem_example(code)).unwrap_or_default();
    document(
        code.title(),
        &format!(
            "<p><code>{}</code>, status {}</p>\n<p>{}</p>\n<h2>Example</h2>\n\
             <pre><code>{}</code></pre>\n<p><a href=\"/problems\">All problems</a></p>",
            code.as_str(),
            code.status(),
            marked(code.meaning()),
            escaped(&example),
        ),
    )
}

fn document(title: &str, body: &str) -> HttpResponse {
    let title = escaped(title);
    page::html(
        &POLICY,
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} - Tapedeck</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <h1>{title}</h1>\n{body}\n</body>\n</html>\n"
        ),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The meanings quote code as Markdown does.
fn marked(text: &str) -> String {
    let part = |(i, part): (usize, &str)| match i % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_texts_is_shown_and_not_read() {
        assert_eq!(marked("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
    }
}
