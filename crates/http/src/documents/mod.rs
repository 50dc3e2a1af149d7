//! Pages for people: the API's documents rendered, and one page a problem. Every page stands
//! alone: no script, style, font or picture comes from another host, and a policy of its own
//! says so to the browser.

mod error_codes;
mod openapi;
mod page;
mod problems;
mod redoc;
mod swagger;

pub use error_codes::error_codes_markdown;
pub use openapi::OPENAPI;
pub(crate) use openapi::openapi;
pub(crate) use page::html;
pub(crate) use problems::{problem, problems};
pub(crate) use redoc::{redoc, redoc_file};
pub(crate) use swagger::{swagger, swagger_file};
