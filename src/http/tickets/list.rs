//! `GET /tickets`: one page of tickets from the board; with words to search for, from the search index.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{TicketFilter, TicketRow, rows};
use crate::board::Order;
use crate::http::app::App;
use crate::http::authentication::SignedIn;
use crate::http::extract::Params;
use crate::http::problem::Problem;
use crate::http::{position, search};

/// Rows of one page, at most.
pub(in crate::http) const MAX_LIMIT: usize = 200;

const DEFAULT_LIMIT: usize = 50;

/// In which order tickets are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::http) enum TicketOrder {
    /// Last message, newest first.
    #[default]
    LastMessage,
    /// Newest ticket first.
    Created,
    /// Longest waiting first.
    Waiting,
}

/// Where in the list, how many, and how fresh.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct ListParams {
    /// Words, identifiers and operators to search for; then the order is by fit.
    pub q: Option<String>,
    /// In which order, without `q`.
    #[param(inline)]
    pub order: Option<TicketOrder>,
    /// Rows of the page: 1 to 200, usually 50.
    pub limit: Option<usize>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Wait (at most 2 seconds) until this feed position is seen.
    pub min_pos: Option<u64>,
}

/// One page of tickets.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct TicketList {
    /// The tickets in order.
    pub items: Vec<TicketRow>,
    /// The cursor of the next page; null on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
    /// How many tickets there are in all; null for a search, which does not count.
    #[schema(required = true)]
    pub total: Option<u64>,
}

/// Lists tickets.
#[utoipa::path(
    get,
    path = "/tickets",
    operation_id = "list_tickets",
    tag = "tickets",
    params(TicketFilter, ListParams),
    responses((status = 200, description = "One page of tickets.", body = TicketList))
)]
pub(in crate::http) async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(filter): Params<TicketFilter>,
    Params(params): Params<ListParams>,
) -> Result<Json<TicketList>, Problem> {
    let limit = limit(params.limit)?;
    let filter = filter.resolve(&actor, &app.http.desk.directory())?;
    let query = params.q.as_deref().unwrap_or_default();
    let question = search::question(query, filter)?;
    let Some(filter) = question.filter else {
        return Ok(Json(TicketList { items: Vec::new(), next: None, total: Some(0) }));
    };
    if !question.has_text {
        position::reach(app.http.board.position(), params.min_pos).await?;
        let order = board_order(params.order.unwrap_or_default());
        let page = app.http.board.list(&filter, order, params.cursor.as_deref(), limit)?;
        let items = rows(&app.http.desk, &page.numbers).await?;
        return Ok(Json(TicketList { items, next: page.next, total: Some(page.total) }));
    }
    let found = search::find(&app, query, &filter, params.cursor.as_deref(), limit, params.min_pos).await?;
    let numbers: Vec<u64> = found.hits.iter().map(|hit| hit.ticket).collect();
    let items = rows(&app.http.desk, &numbers).await?;
    Ok(Json(TicketList { items, next: found.next, total: None }))
}

/// The page size that is asked for.
pub(in crate::http) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}"))),
    }
}

fn board_order(order: TicketOrder) -> Order {
    match order {
        TicketOrder::LastMessage => Order::LastMessage,
        TicketOrder::Created => Order::Created,
        TicketOrder::Waiting => Order::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_200_rows() {
        assert_eq!(limit(None), Ok(50));
        assert_eq!(limit(Some(200)), Ok(200));
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(201)).is_err());
    }
}
