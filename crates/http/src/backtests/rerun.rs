use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::create::{answer, idempotency};
use crate::extract::{backtest_id, origin};
use crate::problem::Problem;
use crate::services::Services;

/// `POST /backtests/{id}/rerun`: 202 with a new run of the same inputs, whatever the body says.
pub(crate) async fn rerun(
    req: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let (id, origin) = (backtest_id(&req)?, origin(&req)?);
    let scope = format!("POST /backtests/{id}/rerun");
    let idempotency = idempotency(&req, scope, &[])?;
    let rerun = services.rerun.clone();
    let work = async move { rerun.rerun(id, origin, idempotency).await };
    let submitted = services.detached(work).await?;
    answer(&req, &services, &submitted).await
}
