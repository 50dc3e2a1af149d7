use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tapedeck_domain::flag::Flag;

use super::result::{Sealed, shown};
use crate::documents::html;
use crate::problem::Problem;
use crate::services::Services;
use crate::tearsheet;

/// `GET /backtests/{id}/report`: the run on one page.
pub(crate) async fn report(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let envelope = services.flags.is_on(Flag::ExecutionEnvelope);
    let sealed = match Sealed::find(&req, &services, &["report", shown(envelope)]).await? {
        Ok(sealed) => sealed,
        Err(not_modified) => return Ok(not_modified),
    };
    let run = sealed.read(&services).await?;
    let (results, ended) = (services.results.clone(), sealed.ended.clone());
    let manifest = services.read(async move { results.manifest_of(&ended).await }).await?;
    let text = services.blocking(move || tearsheet::page(&run, &manifest, envelope)).await?;
    Ok(sealed.seal(html(&tearsheet::policy(), text)))
}
