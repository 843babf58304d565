//! `GET /reports/summary`: what the reports of a time say together.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{asked_domain, asked_time};
use crate::desk::queries::{ReportKind, ReportQuery, ReportSummary};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Params;
use crate::http::problem::Problem;

/// Which reports.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct SummaryParams {
    /// About this domain.
    pub domain: Option<String>,
    /// Of this kind.
    #[param(inline)]
    pub kind: Option<ReportKind>,
    /// That cover time behind this: RFC 3339, or Unix milliseconds.
    pub since: Option<String>,
    /// That cover time before this: RFC 3339, or Unix milliseconds.
    pub until: Option<String>,
}

/// Sums reports up, per domain. Reports of senders that nothing proves are not counted.
#[utoipa::path(
    get,
    path = "/reports/summary",
    operation_id = "summarise_reports",
    tag = "reports",
    params(SummaryParams),
    responses((status = 200, description = "What the reports say together.", body = ReportSummary))
)]
pub(in crate::http) async fn summary(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<SummaryParams>,
) -> Result<Json<ReportSummary>, Problem> {
    let query = ReportQuery {
        domain: asked_domain(params.domain),
        kind: params.kind,
        since: asked_time("since", params.since)?,
        until: asked_time("until", params.until)?,
        ..ReportQuery::default()
    };
    Ok(Json(app.http.desk.report_summary(&actor, &query).await?))
}
