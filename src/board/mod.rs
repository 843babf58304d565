//! The board: every ticket's state in memory, in columns and bitmaps: lists, views, counts.
//!
//! Promises: follows the feed from the position that it was built at; nothing in it is truth; totals are exact. A question
//! takes about a millisecond at 200,000 tickets, some at a million; a ticket takes about 250 octets.
//! Leaves to others: text (`search`), records (`desk`).
//!
//! `columns` holds the tickets, `facet` the bitmaps, `place` the orders; `select` turns a filter into a bitmap, `list` and
//! `counts` read it; `follow` keeps all that in step with the feed.

mod columns;
mod counts;
mod facet;
mod filter;
mod follow;
mod list;
mod place;
mod select;

#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use crate::desk::{Desk, DeskError};
use crate::store::FeedPosition;

use columns::Columns;

pub use filter::{Counts, Filter, Order, TicketPage};

/// The most tickets of one page.
pub const MAX_PAGE: usize = 200;

/// The board. Cheap to clone.
#[derive(Clone)]
pub struct Board {
    inner: Arc<Inner>,
}

struct Inner {
    /// Held only for short sections without an await; written in small batches.
    columns: RwLock<Columns>,
    position: watch::Sender<FeedPosition>,
}

impl Board {
    /// Builds the board from the store.
    pub async fn build(desk: &Desk) -> Result<Board, DeskError> {
        let board = Board::from(Columns::default(), FeedPosition::default());
        board.rebuild(desk).await?;
        Ok(board)
    }

    /// Where it stands in the feed: wakes those who wait for `min_pos`.
    pub fn position(&self) -> watch::Receiver<FeedPosition> {
        self.inner.position.subscribe()
    }

    /// One page of the tickets that pass a filter; `limit` is taken as 1 to [`MAX_PAGE`]. The cursor is the `next` of the page
    /// before, of the same order; [`DeskError::Invalid`] where it is not.
    pub fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<TicketPage, DeskError> {
        self.read().list(filter, order, cursor, limit)
    }

    /// How many tickets are in each status, for each mailbox and assignee, among those that pass a filter. What no ticket has
    /// is absent.
    pub fn counts(&self, filter: &Filter) -> Counts {
        self.read().counts(filter)
    }

    /// A predicate over ticket numbers for `search`: true where the ticket passes the filter now.
    pub fn predicate(&self, filter: &Filter) -> Arc<dyn Fn(u64) -> bool + Send + Sync> {
        let board = self.clone();
        let selected = self.read().select(filter).into_owned();
        // Slots are never reused, so that what was selected stays right while the board goes on.
        Arc::new(move |number| board.read().slot(number).is_some_and(|slot| selected.contains(slot)))
    }

    fn from(columns: Columns, position: FeedPosition) -> Self {
        Board { inner: Arc::new(Inner { columns: RwLock::new(columns), position: watch::Sender::new(position) }) }
    }

    // A poisoned lock means that a writer panicked between two tickets: each ticket's own update is whole, or it is written
    // again when the feed says so. Better a board that is a ticket behind than none.
    fn read(&self) -> RwLockReadGuard<'_, Columns> {
        self.inner.columns.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Columns> {
        self.inner.columns.write().unwrap_or_else(PoisonError::into_inner)
    }
}
