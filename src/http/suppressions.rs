//! `/suppressions`: addresses that bounced or complained. They get no automatic mail, and who writes to one is warned.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{JsonBody, Params, Part};
use super::position::AtPosition;
use super::problem::Problem;
use super::time::Time;
use crate::desk::{Suppression, SuppressionReason};

/// Addresses of one page, at most.
const MAX_LIMIT: usize = 500;

const DEFAULT_LIMIT: usize = 100;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct SuppressionParams {
    /// Addresses of the page: 1 to 500, usually 100.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// One page of suppressed addresses.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct SuppressionPage {
    /// The addresses, in order.
    pub items: Vec<SuppressionItem>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A suppressed address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Suppression)]
pub(super) struct SuppressionItem {
    /// The address.
    pub address: String,
    /// Why.
    pub reason: SuppressionReason,
    /// Since when.
    pub at: Time,
    /// Until when; null until it is taken away.
    #[schema(required = true)]
    pub expires_at: Option<Time>,
    /// The remote server's words, or ours.
    pub detail: String,
    /// The ticket's number in which it came about.
    #[schema(required = true)]
    pub ticket: Option<u64>,
}

/// An address to be suppressed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSuppression {
    /// The address.
    pub address: String,
    /// Why, for people; at most 500 characters are kept.
    #[serde(default)]
    pub detail: String,
    /// For how many days, 1 to 3,650; without it until it is taken away.
    #[serde(default)]
    pub days: Option<u32>,
}

/// Lists suppressed addresses.
#[utoipa::path(
    get,
    path = "/suppressions",
    operation_id = "list_suppressions",
    tag = "suppressions",
    params(SuppressionParams),
    responses((status = 200, description = "One page of addresses.", body = SuppressionPage))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<SuppressionParams>,
) -> Result<Json<SuppressionPage>, Problem> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let (found, next) = app.http.desk.suppressions(&actor, params.cursor.as_deref(), limit).await?;
    Ok(Json(SuppressionPage { items: found.into_iter().map(SuppressionItem::of).collect(), next }))
}

/// Suppresses an address by hand.
#[utoipa::path(
    post,
    path = "/suppressions",
    operation_id = "create_suppression",
    tag = "suppressions",
    request_body = NewSuppression,
    responses((status = 201, description = "The suppressed address.", body = SuppressionItem))
)]
pub(super) async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    JsonBody(new): JsonBody<NewSuppression>,
) -> Result<Response, Problem> {
    let written = app.http.desk.suppress(&actor, &new.address, &new.detail, new.days).await?;
    Ok((StatusCode::CREATED, AtPosition(written.position), Json(SuppressionItem::of(written.value))).into_response())
}

/// Takes an address off the list.
#[utoipa::path(
    delete,
    path = "/suppressions/{address}",
    operation_id = "remove_suppression",
    tag = "suppressions",
    params(("address" = String, Path, description = "The address.")),
    responses((status = 204, description = "It is not suppressed any more."))
)]
pub(super) async fn remove(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(address): Part<String>,
) -> Result<Response, Problem> {
    let written = app.http.desk.unsuppress(&actor, &address).await?;
    Ok((StatusCode::NO_CONTENT, AtPosition(written.position)).into_response())
}

impl SuppressionItem {
    pub(super) fn of(found: Suppression) -> Self {
        Self {
            address: found.address,
            reason: found.reason,
            at: Time(found.at),
            expires_at: found.expires_at.map(Time),
            detail: found.detail,
            ticket: found.ticket,
        }
    }
}
