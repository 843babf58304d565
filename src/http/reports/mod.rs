//! `GET /reports`: what others report about our mail (DMARC, TLS).

pub(in crate::http) mod summary;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::desk::ReceivedReport;
use crate::desk::queries::{ReportKind, ReportQuery};
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::{Params, Part};
use crate::http::problem::Problem;
use crate::http::time::Time;
use crate::mail::report::{DmarcReport, Report, TlsReport};

/// Reports of one page, at most.
const MAX_LIMIT: usize = 100;

const DEFAULT_LIMIT: usize = 50;

/// Which reports.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct ReportParams {
    /// About this domain.
    pub domain: Option<String>,
    /// Of this kind.
    #[param(inline)]
    pub kind: Option<ReportKind>,
    /// That cover time behind this: RFC 3339, or Unix milliseconds.
    pub since: Option<String>,
    /// That cover time before this: RFC 3339, or Unix milliseconds.
    pub until: Option<String>,
    /// Reports of the page: 1 to 100, usually 50.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<u64>,
}

/// One page of reports.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct ReportPage {
    /// The reports, newest first.
    pub items: Vec<ReportItem>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<u64>,
}

/// A report in a list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Report)]
pub(in crate::http) struct ReportItem {
    /// The message that brought it: its id.
    pub message: u64,
    /// That message's ticket.
    pub ticket: u64,
    /// When it came.
    pub at: Time,
    /// What kind.
    pub kind: ReportKind,
    /// Who reports, as the report says.
    pub organisation: String,
    /// The address that sent it.
    pub from: String,
    /// The letter was proven to come from that address's domain (DMARC passed). What is not proven may be invented.
    pub authenticated: bool,
    /// The domain that it is about.
    pub domain: String,
    /// The beginning of the time that it covers.
    pub begin: Time,
    /// The end of that time.
    pub end: Time,
    /// Letters or connections that were as they should be.
    pub passed: u64,
    /// Letters or connections that were not.
    pub failed: u64,
    /// One line for people.
    pub summary: String,
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct ReportDetail {
    /// As in lists.
    #[serde(flatten)]
    pub report: ReportItem,
    /// What a DMARC report holds; null for others.
    #[schema(required = true)]
    pub dmarc: Option<DmarcReport>,
    /// What a TLS report holds; null for others.
    #[schema(required = true)]
    pub tls: Option<TlsReport>,
}

/// Lists reports, newest first.
#[utoipa::path(
    get,
    path = "/reports",
    operation_id = "list_reports",
    tag = "reports",
    params(ReportParams),
    responses((status = 200, description = "One page of reports.", body = ReportPage))
)]
pub(in crate::http) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<ReportParams>,
) -> Result<Json<ReportPage>, Problem> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let query = ReportQuery {
        domain: asked_domain(params.domain),
        kind: params.kind,
        since: asked_time("since", params.since)?,
        until: asked_time("until", params.until)?,
        limit,
        before: params.cursor,
    };
    let (reports, next) = app.http.desk.reports(&actor, &query).await?;
    Ok(Json(ReportPage { items: reports.iter().filter_map(ReportItem::of).collect(), next }))
}

/// Reads a report by the id of the message that brought it.
#[utoipa::path(
    get,
    path = "/reports/{message}",
    operation_id = "read_report",
    tag = "reports",
    params(("message" = u64, Path, description = "The message's id.")),
    responses((status = 200, description = "The report.", body = ReportDetail))
)]
pub(in crate::http) async fn read(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(message): Part<u64>,
) -> Result<Json<ReportDetail>, Problem> {
    let received = app.http.desk.report(&actor, message).await?;
    let report = ReportItem::of(&received).ok_or_else(|| Problem::not_found("report"))?;
    Ok(Json(ReportDetail { report, dmarc: received.dmarc, tls: received.tls }))
}

impl ReportItem {
    fn of(received: &ReceivedReport) -> Option<Self> {
        let report = received.report()?;
        let (organisation, passed, failed) = match &report {
            Report::Dmarc(of) => (&of.organisation, of.passed, of.letters.saturating_sub(of.passed)),
            Report::Tls(of) => {
                let (passed, failed) = of.totals();
                (&of.organisation, passed, failed)
            }
        };
        let (begin, end) = report.period();
        let time = |seconds: i64| Time(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
        Some(Self {
            message: received.message,
            ticket: received.ticket,
            at: Time(received.at),
            kind: received.kind(),
            organisation: organisation.clone(),
            from: received.from.clone(),
            authenticated: received.authenticated,
            domain: report.domain().to_owned(),
            begin: time(begin),
            end: time(end),
            passed,
            failed,
            summary: report.summary(),
        })
    }
}

fn asked_domain(domain: Option<String>) -> Option<String> {
    domain.map(|domain| domain.trim().trim_end_matches('.').to_lowercase())
}

fn asked_time(field: &'static str, text: Option<String>) -> Result<Option<u64>, Problem> {
    let wrong = || Problem::invalid(field, "must be RFC 3339 or Unix milliseconds");
    text.map(|text| Time::parse(&text).map(|time| time.0).ok_or_else(wrong)).transpose()
}
