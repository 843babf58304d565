//! `/mailings`: one text to many addresses. What became of the letters, and the way to recall them.

pub(super) mod create;
mod item;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use item::MailingItem;

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{Params, Part};
use super::position::AtPosition;
use super::problem::Problem;

/// Mailings of one page, at most.
const MAX_LIMIT: usize = 20;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct MailingParams {
    /// Mailings of the page: 1 to 20, usually 20.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<u64>,
}

/// One page of mailings.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct MailingPage {
    /// The mailings, newest first.
    pub items: Vec<MailingItem>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<u64>,
}

/// Lists mailings.
#[utoipa::path(
    get,
    path = "/mailings",
    operation_id = "list_mailings",
    tag = "mailings",
    params(MailingParams),
    responses((status = 200, description = "One page of mailings.", body = MailingPage))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<MailingParams>,
) -> Result<Json<MailingPage>, Problem> {
    let limit = params.limit.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let desk = &app.http.desk;
    let (views, next) = desk.mailings(&actor, params.cursor, limit).await?;
    let directory = desk.directory();
    Ok(Json(MailingPage { items: views.into_iter().map(|view| MailingItem::of(view, &directory)).collect(), next }))
}

/// Reads a mailing with what became of its letters.
#[utoipa::path(
    get,
    path = "/mailings/{id}",
    operation_id = "read_mailing",
    tag = "mailings",
    params(("id" = u64, Path, description = "The mailing.")),
    responses((status = 200, description = "The mailing.", body = MailingItem))
)]
pub(super) async fn read(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Json<MailingItem>, Problem> {
    let view = app.http.desk.mailing(&actor, id).await?;
    Ok(Json(MailingItem::of(view, &app.http.desk.directory())))
}

/// Recalls a mailing as a whole, while it is held: `recallable_ms`. Twice is once.
#[utoipa::path(
    post,
    path = "/mailings/{id}/recall",
    operation_id = "recall_mailing",
    tag = "mailings",
    params(("id" = u64, Path, description = "The mailing.")),
    responses((status = 200, description = "The mailing.", body = MailingItem))
)]
pub(super) async fn recall(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part(id): Part<u64>,
) -> Result<Response, Problem> {
    let desk = &app.http.desk;
    let position = desk.recall_mailing(&actor, id).await?.position;
    let view = desk.mailing(&actor, id).await?;
    Ok((AtPosition(position), Json(MailingItem::of(view, &desk.directory()))).into_response())
}
