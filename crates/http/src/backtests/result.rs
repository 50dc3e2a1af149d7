//! How every result of a finished run is served: once, until it is another.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use tapedeck_application::{Ended, Finished};

use crate::caching::Tag;
use crate::extract::backtest_id;
use crate::problem::Problem;
use crate::services::Services;

/// A representation of a result, found and not read yet.
pub(super) struct Sealed {
    pub(super) ended: Ended,
    tag: Tag,
}

impl Sealed {
    /// The result of the run that the path names, in the representation that `parts` and the
    /// query describe; or the answer that the client has it already.
    pub(super) async fn find(
        req: &HttpRequest,
        services: &Services,
        parts: &[&str],
    ) -> Result<Result<Self, HttpResponse>, Problem> {
        let id = backtest_id(req)?;
        let results = services.results.clone();
        let ended = services.read(async move { results.ended(id).await }).await?;
        let tag = Tag::of(&[&[ended.report.0.as_str(), req.query_string()], parts].concat());
        let known = tag.not_modified(req);
        Ok(known.map_or(Ok(Self { ended, tag }), Err))
    }

    /// Reads the run.
    pub(super) async fn read(&self, services: &Services) -> Result<Arc<Finished>, Problem> {
        let (results, ended) = (services.results.clone(), self.ended.clone());
        services.read(async move { results.read(ended).await }).await
    }

    /// Marks the answer as that representation.
    pub(super) fn seal(&self, response: HttpResponse) -> HttpResponse {
        self.tag.seal(response)
    }
}

/// Whether the envelope is part of a representation. It is always computed and stored, so that
/// results stay functions of their inputs: the flag decides what is shown, and tags say so.
pub(super) const fn shown(envelope: bool) -> &'static str {
    if envelope { "with envelope" } else { "without envelope" }
}
