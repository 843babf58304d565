//! Search: text and identifiers of every message, in tantivy.
//!
//! Promises: follows the feed; the position is in the commit payload, so that a crash replays and never skips; a letter is
//! found within a second of its `250`. Holds text only: status and tags are asked of the caller's predicate.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use crate::desk::Desk;
use crate::store::FeedPosition;

/// The index. Cheap to clone.
#[derive(Clone)]
pub struct Search {}

/// One found ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The ticket.
    pub ticket: u64,
    /// The best-fitting message in it.
    pub message: u64,
    /// Higher fits better.
    pub score: f32,
}

/// Why a search or the index failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index is ahead of the store: acknowledged data was lost (a store restored from an old copy?).
    #[error(
        "the index is at feed position {index}, the store only at {store}: the store lost data; delete the index folder only if you know why"
    )]
    Ahead {
        /// The index's position.
        index: u64,
        /// The store's.
        store: u64,
    },
    /// tantivy failed.
    #[error("the index failed: {0}")]
    Index(String),
    /// The desk could not be read.
    #[error(transparent)]
    Desk(#[from] crate::desk::DeskError),
}

#[allow(unused_variables, reason = "bodies come next")]
impl Search {
    /// Opens or makes the index in a folder.
    pub async fn open(folder: &Path, desk: &Desk) -> Result<Search, SearchError> {
        todo!("search")
    }

    /// Follows the feed until `stop` becomes true: first change after idle is committed at once, then every 250 ms, never sooner
    /// than three times the last commit's time.
    pub async fn follow(&self, desk: Desk, stop: watch::Receiver<bool>) {
        todo!("search")
    }

    /// Up to which feed position searches see: wakes those who wait for `min_pos`.
    pub fn position(&self) -> watch::Receiver<FeedPosition> {
        todo!("search")
    }

    /// The tickets that fit a query, best first, at most `limit` (1 to 200) from `offset` on, of those that pass the predicate.
    /// Any text is a valid query: `from: to: tag: status: before: "…" -word` are understood, the rest is words and identifiers.
    pub async fn query(
        &self,
        text: &str,
        predicate: Option<Arc<dyn Fn(u64) -> bool + Send + Sync>>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        todo!("search")
    }
}
