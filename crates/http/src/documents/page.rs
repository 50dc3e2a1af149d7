use actix_web::HttpResponse;
use actix_web::http::header;

use crate::problem::{Code, Problem};

/// A page, allowed to load what `policy` says and nothing else.
pub(crate) fn html(policy: &str, body: impl Into<String>) -> HttpResponse {
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {policy}"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(body.into())
}

/// Instead of a page whose files come with Node, where the build had none.
pub(super) fn not_built(name: &str) -> HttpResponse {
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tapedeck API</title>
</head>
<body>
<h1>{name} is not in this build</h1>
<p>Its files come with Node. Install Node with npm (Debian: <code>apt-get install npm</code>),
then run <code>scripts/fetch-web.sh</code> and build again; <code>make start-backend</code> does that, too.</p>
<p>Meanwhile: <a href="/api/openapi.json">the document itself</a>.</p>
</body>
</html>
"#
    );
    html("", page)
}

/// A file that a page loads. It changes only with the server, so browsers ask again each time
/// rather than run the script of an older one.
pub(super) fn file(content_type: &str, body: impl Into<actix_web::web::Bytes>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body.into())
}

/// There is no such file.
pub(super) fn no_such_file() -> Problem {
    Problem::new(Code::NotFound, "no such path")
}
