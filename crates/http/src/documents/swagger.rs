use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::{Config, serve};

use super::page;
use crate::problem::Problem;

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
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/swagger-initializer.js"></script>
</body>
</html>
"#;

/// The validator would send the document's address to another host.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/api/openapi.json");
    Arc::new(config.validator_url("none").display_operation_id(true).use_base_layout())
});

/// `GET /docs`.
pub(crate) async fn swagger() -> HttpResponse {
    page::html(POLICY, PAGE)
}

/// `GET /docs/{file}`: its scripts and styles; without a name, the page.
pub(crate) async fn swagger_file(req: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = req.match_info().query("file");
    if name.is_empty() {
        return Ok(swagger().await);
    }
    let found = serve(name, CONFIG.clone()).ok().flatten();
    let found = found.filter(|_| !name.ends_with(".html")).ok_or_else(page::no_such_file)?;
    let mut response = page::file(&found.content_type, found.bytes.into_owned());
    if found.gzpipped {
        let gzip = header::HeaderValue::from_static("gzip");
        response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    }
    Ok(response)
}
