//! `GET /board/counts`: how many tickets are where: the figures beside views.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::app::App;
use super::authentication::SignedIn;
use super::extract::Params;
use super::position;
use super::problem::Problem;
use super::tickets::TicketFilter;
use crate::board::Counts;
use crate::rules::Status;

/// How fresh.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct CountsParams {
    /// Wait (at most 2 seconds) until this feed position is seen.
    pub min_pos: Option<u64>,
}

/// Counts among the tickets that pass the filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct BoardCounts {
    /// All.
    pub total: u64,
    /// By status; those without a ticket may be absent.
    pub status: BTreeMap<Status, u64>,
    /// By mailbox.
    pub mailbox: Vec<MailboxCount>,
    /// By assignee.
    pub assignee: Vec<AssigneeCount>,
}

/// A mailbox's tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct MailboxCount {
    /// The mailbox.
    pub id: u64,
    /// How many.
    pub count: u64,
}

/// An operator's tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct AssigneeCount {
    /// The operator; null for nobody.
    #[schema(required = true)]
    pub id: Option<u64>,
    /// How many.
    pub count: u64,
}

/// Counts tickets.
#[utoipa::path(
    get,
    path = "/board/counts",
    operation_id = "count_tickets",
    tag = "tickets",
    params(TicketFilter, CountsParams),
    responses((status = 200, description = "The counts.", body = BoardCounts))
)]
pub(super) async fn counts(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Params(filter): Params<TicketFilter>,
    Params(params): Params<CountsParams>,
) -> Result<Json<BoardCounts>, Problem> {
    let filter = filter.resolve(&actor, &app.http.desk.directory())?;
    position::reach(app.http.board.position(), params.min_pos).await?;
    Ok(Json(BoardCounts::of(app.http.board.counts(&filter))))
}

impl BoardCounts {
    fn of(counts: Counts) -> Self {
        Self {
            total: counts.total,
            status: counts.status,
            mailbox: counts.mailbox.into_iter().map(|(id, count)| MailboxCount { id, count }).collect(),
            assignee: counts.assignee.into_iter().map(|(id, count)| AssigneeCount { id, count }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_by_word_and_id() {
        let counts = Counts {
            total: 3,
            status: BTreeMap::from([(Status::OnHold, 3)]),
            mailbox: BTreeMap::from([(1, 3)]),
            assignee: BTreeMap::from([(None, 2), (Some(7), 1)]),
        };
        assert_eq!(
            serde_json::to_value(BoardCounts::of(counts)).unwrap(),
            serde_json::json!({
                "total": 3,
                "status": { "on_hold": 3 },
                "mailbox": [{ "id": 1, "count": 3 }],
                "assignee": [{ "id": null, "count": 2 }, { "id": 7, "count": 1 }],
            })
        );
    }
}
