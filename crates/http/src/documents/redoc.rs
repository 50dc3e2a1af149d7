use actix_web::{HttpRequest, HttpResponse};

use super::page;
use crate::problem::Problem;

/// Empty where the build had no Node; see `build.rs`.
const SCRIPT: &str = include_str!(concat!(env!("OUT_DIR"), "/redoc.standalone.js"));

/// Redoc writes its styles into the page and searches in a worker that it makes itself.
const POLICY: &str = "script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; \
                      worker-src blob:; connect-src 'self'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tapedeck API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<noscript>This page needs JavaScript. The document itself: <a href="/api/openapi.json">/api/openapi.json</a></noscript>
<redoc spec-url="/api/openapi.json"></redoc>
<script src="/redoc/redoc.js"></script>
</body>
</html>
"#;

/// `GET /redoc`.
pub(crate) async fn redoc() -> HttpResponse {
    if SCRIPT.is_empty() { page::not_built("Redoc") } else { page::html(POLICY, PAGE) }
}

/// `GET /redoc/{file}`: its script; without a name, the page.
pub(crate) async fn redoc_file(req: HttpRequest) -> Result<HttpResponse, Problem> {
    match req.match_info().query("file") {
        "" => Ok(redoc().await),
        "redoc.js" if !SCRIPT.is_empty() => {
            Ok(page::file("text/javascript; charset=utf-8", SCRIPT.as_bytes()))
        }
        _ => Err(page::no_such_file()),
    }
}
