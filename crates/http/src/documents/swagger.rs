use actix_web::{HttpRequest, HttpResponse};

use super::page;
use crate::problem::Problem;

/// Empty where the build had no Node; see `build.rs`.
const SCRIPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js"));
const STYLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css"));
const ICON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/favicon-32x32.png"));
const START: &[u8] = include_bytes!("../../web/swagger-initializer.js");

/// Swagger UI writes style attributes and draws its icons from data.
const POLICY: &str = "script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tapedeck API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<noscript>This page needs JavaScript. The document itself: <a href="/api/openapi.json">/api/openapi.json</a></noscript>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

/// `GET /docs`.
pub(crate) async fn swagger() -> HttpResponse {
    if SCRIPT.is_empty() { page::not_built("Swagger UI") } else { page::html(POLICY, PAGE) }
}

/// `GET /docs/{file}`: its scripts and styles; without a name, the page.
pub(crate) async fn swagger_file(req: HttpRequest) -> Result<HttpResponse, Problem> {
    let (content_type, body) = match req.match_info().query("file") {
        "" => return Ok(swagger().await),
        _ if SCRIPT.is_empty() => return Err(page::no_such_file()),
        "swagger-ui-bundle.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "swagger-initializer.js" => ("text/javascript; charset=utf-8", START),
        "swagger-ui.css" => ("text/css; charset=utf-8", STYLE),
        "favicon-32x32.png" => ("image/png", ICON),
        _ => return Err(page::no_such_file()),
    };
    Ok(page::file(content_type, body))
}
