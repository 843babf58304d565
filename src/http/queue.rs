//! `/queue`: what waits to leave, and what people do to it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::{Params, Part};
use super::messages::DeliveryItem;
use super::position::AtPosition;
use super::problem::Problem;
use super::time::Time;
use crate::desk::commands::QueueOrder;
use crate::desk::queries::{QueueItem, QueueQuery};
use crate::desk::{DeliveryState, Directory};

/// Deliveries of one page, at most.
const MAX_LIMIT: usize = 500;

const DEFAULT_LIMIT: usize = 100;

/// Which deliveries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct QueueParams {
    /// In this state. Without it: everything that has not come to its end, by due time, then what is held.
    pub state: Option<DeliveryState>,
    /// To recipients of this domain.
    pub domain: Option<String>,
    /// Deliveries of the page: 1 to 500, usually 100.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
}

/// One page of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct QueuePage {
    /// The deliveries.
    pub items: Vec<QueuedItem>,
    /// The cursor of the next page; null on the last one. A page may hold less than was asked for and still have a next one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// A delivery with its ticket.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = QueuedDelivery)]
pub(super) struct QueuedItem {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: DeliveryItem,
    /// The message that leaves.
    pub message: u64,
    /// Its ticket's number.
    pub ticket: u64,
    /// The ticket's number as people read it, `DEMO-1042`.
    pub display: String,
    /// The envelope sender; empty for the null sender.
    pub sender: String,
    /// When it was queued.
    pub created_at: Time,
    /// How many attempts there were in all.
    pub attempt_count: u32,
    /// An attempt to deliver it is under way at this moment.
    pub in_hand: bool,
}

/// Lists the queue.
#[utoipa::path(
    get,
    path = "/queue",
    operation_id = "list_queue",
    tag = "queue",
    params(QueueParams),
    responses((status = 200, description = "One page of deliveries.", body = QueuePage))
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(params): Params<QueueParams>,
) -> Result<Json<QueuePage>, Problem> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}")));
    }
    let domain = params.domain.filter(|domain| !domain.trim().is_empty());
    let query = QueueQuery { state: params.state, domain, limit, cursor: params.cursor };
    let (items, next) = app.http.desk.queue(&actor, &query).await?;
    Ok(Json(QueuePage { items: shown(&app, items).await?, next }))
}

/// Does something to a delivery: `retry` attempts it now, `hold` keeps it, `release` lets it go on, `cancel` takes it out.
/// `409` where its state does not allow it, or while an attempt is under way.
#[utoipa::path(
    post,
    path = "/queue/{id}/{order}",
    operation_id = "order_delivery",
    tag = "queue",
    params(
        ("id" = u64, Path, description = "The delivery."),
        ("order" = QueueOrder, Path, description = "What is to be done with it.")
    ),
    responses((status = 200, description = "The delivery as it stands now.", body = QueuedItem, headers(
        ("Mxdesk-Position" = u64, description = "Reads with `min_pos` at or above it see the change.")
    )))
)]
pub(super) async fn order(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Part((id, order)): Part<(u64, QueueOrder)>,
) -> Result<Response, Problem> {
    let desk = &app.http.desk;
    let written = desk.order_delivery(&actor, id, order).await?;
    let delivery = desk.delivery(id).await?.ok_or_else(|| Problem::not_found("delivery"))?;
    let items = shown(&app, vec![QueueItem { delivery, in_hand: false }]).await?;
    let item = items.into_iter().next().ok_or_else(|| Problem::not_found("delivery"))?;
    Ok((AtPosition(written.position), Json(item)).into_response())
}

/// Deliveries with their tickets' numbers as people read them.
async fn shown(app: &App, items: Vec<QueueItem>) -> Result<Vec<QueuedItem>, Problem> {
    let numbers: Vec<u64> = items.iter().map(|item| item.delivery.ticket).collect();
    let tickets = app.http.desk.tickets(&numbers).await?;
    let mailboxes: std::collections::HashMap<u64, u64> =
        tickets.iter().map(|ticket| (ticket.number, ticket.mailbox)).collect();
    let directory = app.http.desk.directory();
    let item = |item| QueuedItem::of(item, &mailboxes, &directory);
    Ok(items.into_iter().map(item).collect())
}

impl QueuedItem {
    fn of(item: QueueItem, mailboxes: &std::collections::HashMap<u64, u64>, directory: &Directory) -> Self {
        let QueueItem { delivery, in_hand } = item;
        let mailbox = mailboxes.get(&delivery.ticket).copied().unwrap_or_default();
        Self {
            message: delivery.message,
            ticket: delivery.ticket,
            display: directory.display(mailbox, delivery.ticket),
            sender: delivery.envelope_from.clone(),
            created_at: Time(delivery.created_at),
            attempt_count: delivery.attempt_count,
            in_hand,
            delivery: DeliveryItem::of(delivery),
        }
    }
}
