//! Search: text and identifiers of every message, in tantivy.
//!
//! Promises: follows the feed; the position is in the commit payload, so that a crash replays and never skips; a letter is
//! found within a second of its `250`. Holds text only: status and tags are asked of the caller's predicate.

mod analysis;
mod collect;
mod document;
mod follow;
mod index;
mod pace;
mod query;
mod schema;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::desk::Desk;
use crate::store::FeedPosition;
use index::TextIndex;

pub use query::{Parsed, QUERY_MAX, parse};

/// The most tickets of one answer, and how far into the result one can go.
pub const LIMIT_MAX: usize = 200;
/// See [`LIMIT_MAX`].
pub const OFFSET_MAX: usize = 10_000;

/// The index. Cheap to clone.
#[derive(Clone)]
pub struct Search {
    inner: Arc<Inner>,
}

struct Inner {
    index: TextIndex,
    position: watch::Sender<FeedPosition>,
}

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

impl Search {
    /// Opens or makes the index in a folder. A broken index, or one of another version, is built anew by [`Search::follow`];
    /// one that is ahead of the store is refused.
    pub async fn open(folder: &Path, desk: &Desk) -> Result<Search, SearchError> {
        let folder = folder.to_owned();
        let index = blocking(move || TextIndex::open(&folder)).await?;
        let at = index.position()?;
        let store = *desk.store().feed_hint().borrow();
        if at > store {
            return Err(SearchError::Ahead { index: at.0, store: store.0 });
        }
        Ok(Self { inner: Arc::new(Inner { index, position: watch::Sender::new(at) }) })
    }

    /// Follows the feed until `stop` becomes true: first change after idle is committed at once, then every 250 ms, never sooner
    /// than three times the last commit's time. Builds the index from the tickets where the feed no longer reaches back.
    pub async fn follow(&self, desk: Desk, stop: watch::Receiver<bool>) {
        follow::follow(self, &desk, stop).await;
    }

    /// Up to which feed position searches see: wakes those who wait for `min_pos`.
    pub fn position(&self) -> watch::Receiver<FeedPosition> {
        self.inner.position.subscribe()
    }

    /// The tickets that fit a query, best first, at most `limit` (1 to [`LIMIT_MAX`]) from `offset` on (at most
    /// [`OFFSET_MAX`]), of those that pass the predicate. Any text is a valid query: `from: to: subject: before: after: "…"
    /// -word` are understood, the rest is words and identifiers. `status:` and `tag:` are passed over here: [`parse`] gives
    /// them to the caller, who makes them a part of the predicate.
    pub async fn query(
        &self,
        text: &str,
        predicate: Option<Arc<dyn Fn(u64) -> bool + Send + Sync>>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        if offset > OFFSET_MAX {
            return Ok(Vec::new());
        }
        let begin = Instant::now();
        let (index, parsed) = (self.inner.index.clone(), parse(text));
        let limit = limit.clamp(1, LIMIT_MAX);
        let hits = blocking(move || index.search(&parsed, predicate, offset, limit)).await?;
        metrics::histogram!("mxdesk_search_query_seconds").record(begin.elapsed().as_secs_f64());
        Ok(hits)
    }

    fn index(&self) -> &TextIndex {
        &self.inner.index
    }

    /// The position of the last commit.
    async fn committed(&self) -> Result<FeedPosition, SearchError> {
        let index = self.inner.index.clone();
        blocking(move || index.position()).await
    }

    /// Searches see everything up to here now. Never goes back.
    fn publish(&self, position: FeedPosition) {
        self.inner.position.send_if_modified(|seen| {
            let rises = position > *seen;
            *seen = position.max(*seen);
            rises
        });
    }
}

impl From<tantivy::TantivyError> for SearchError {
    fn from(error: tantivy::TantivyError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        Self::Index(error.to_string())
    }
}

/// Runs blocking work of the index off the workers.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SearchError> + Send + 'static,
) -> Result<T, SearchError> {
    spawn_blocking(work).await.map_err(|error| SearchError::Index(error.to_string()))?
}
