//! The description itself, its renderings and the pages of problems.

use super::complete::Refusals;
use crate::problem::Code;

pub(super) const PROBLEMS: &[Refusals] = &[
    ("get_docs_file", &[Code::NotFound]),
    ("get_redoc_file", &[Code::NotFound]),
    ("get_problem", &[Code::NotFound]),
];

/// This document
#[utoipa::path(get, path = "/api/openapi.json", tag = "documents", responses(
    (status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"),
))]
pub(super) fn get_openapi() {}

/// This document in Swagger UI
#[utoipa::path(get, path = "/docs", tag = "documents", responses(
    (status = 200, description = "A page.", body = String, content_type = "text/html"),
))]
pub(super) fn get_docs() {}

/// A file of Swagger UI
#[utoipa::path(get, path = "/docs/{file}", tag = "documents",
    params(("file" = String, Path, description = "Its name.", example = "swagger-ui.css")),
    responses(
        (status = 200, description = "A script, a style or a picture.", content(
            (String = "text/javascript"), (String = "text/css"), (String = "image/png"),
        )),
    ),
)]
pub(super) fn get_docs_file() {}

/// This document in Redoc
#[utoipa::path(get, path = "/redoc", tag = "documents", responses(
    (status = 200, description = "A page.", body = String, content_type = "text/html"),
))]
pub(super) fn get_redoc() {}

/// A file of Redoc
#[utoipa::path(get, path = "/redoc/{file}", tag = "documents",
    params(("file" = String, Path, description = "Its name.", example = "redoc.js")),
    responses(
        (status = 200, description = "A script.", body = String, content_type = "text/javascript"),
    ),
)]
pub(super) fn get_redoc_file() {}

/// All problems
#[utoipa::path(get, path = "/problems", tag = "documents", responses(
    (status = 200, description = "A page.", body = String, content_type = "text/html"),
))]
pub(super) fn list_problems() {}

/// What a problem means
///
/// The `type` of a problem document leads here.
#[utoipa::path(get, path = "/problems/{code}", tag = "documents",
    params(("code" = String, Path, description = "A code, in kebab case.", example = "not-ready")),
    responses(
        (status = 200, description = "A page.", body = String, content_type = "text/html"),
    ),
)]
pub(super) fn get_problem() {}
