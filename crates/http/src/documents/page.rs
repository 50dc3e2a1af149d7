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
