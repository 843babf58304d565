//! The board: every ticket's state in memory, in columns and bitmaps: lists, views, counts.
//!
//! Promises: follows the feed from the position that it was built at; nothing in it is truth.
//! Leaves to others: text (`search`), records (`desk`).

mod filter;

use std::sync::Arc;

use tokio::sync::watch;

use crate::desk::{Desk, DeskError};
use crate::store::FeedPosition;

pub use filter::{Counts, Filter, Order, TicketPage};

/// The board. Cheap to clone.
#[derive(Clone)]
pub struct Board {}

#[allow(unused_variables, reason = "bodies come next")]
impl Board {
    /// Builds the board from the store.
    pub async fn build(desk: &Desk) -> Result<Board, DeskError> {
        todo!("board")
    }

    /// Follows the feed until `stop` becomes true. Falls back to a rebuild when the feed was trimmed.
    pub async fn follow(&self, desk: Desk, stop: watch::Receiver<bool>) {
        todo!("board")
    }

    /// Where it stands in the feed: wakes those who wait for `min_pos`.
    pub fn position(&self) -> watch::Receiver<FeedPosition> {
        todo!("board")
    }

    /// One page of the tickets that pass a filter.
    pub fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<TicketPage, DeskError> {
        todo!("board")
    }

    /// How many tickets are in each status, for each mailbox and assignee, among those that pass a filter.
    pub fn counts(&self, filter: &Filter) -> Counts {
        todo!("board")
    }

    /// A predicate over ticket numbers for `search`: true where the ticket passes the filter now.
    pub fn predicate(&self, filter: &Filter) -> Arc<dyn Fn(u64) -> bool + Send + Sync> {
        todo!("board")
    }
}
