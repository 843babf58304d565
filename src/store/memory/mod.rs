//! The store in memory: for tests of what stands above it, and the second user of the conformance suite.
//!
//! A real store in every promise but one: nothing survives the process. One mutex makes commits follow one another;
//! it is never held across an await. Tokens are kept for as long as the store lives.

mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use self::state::State;
use super::bounds::{Bounds, page_rows};
use super::{
    Batch, BlobHash, Blobs, CommitError, Committed, FeedPosition, FeedRecord, Health, Key, Page, Range, Store,
    StoreError, StoreFuture, Versioned, limits,
};

/// The in-memory store. Implements `Store` and `Blobs`.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    hint: watch::Sender<FeedPosition>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The state. A panic while it was held (only a failed allocation could) leaves nothing half done that matters:
    /// `State` changes only after everything that can fail.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> StoreFuture<'a, Option<Versioned>> {
        Box::pin(async move {
            limits::readable(key)?;
            Ok(self.state().rows.get(key).cloned())
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> StoreFuture<'a, Vec<Option<Versioned>>> {
        Box::pin(async move {
            let state = self.state();
            keys.iter()
                .map(|key| {
                    limits::readable(key)?;
                    Ok(state.rows.get(key).cloned())
                })
                .collect()
        })
    }

    fn scan<'a>(&'a self, range: &'a Range, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(async move {
            let Some(bounds) = Bounds::of(range)? else { return Ok(Page::default()) };
            Ok(self.state().page(bounds, range.descending, page_rows(limit)))
        })
    }

    fn commit<'a>(&'a self, batch: Batch) -> StoreFuture<'a, Committed, CommitError> {
        Box::pin(async move {
            limits::check(&batch)?;
            let mut state = self.state();
            let committed = state.commit(batch)?;
            // While the mutex is held, so that the hint never goes back.
            self.hint.send_replace(state.position);
            Ok(committed)
        })
    }

    fn feed<'a>(&'a self, after: FeedPosition, limit: usize) -> StoreFuture<'a, Vec<FeedRecord>> {
        Box::pin(async move {
            let state = self.state();
            if after < state.trimmed {
                return Err(StoreError::FeedTrimmed { oldest: state.trimmed });
            }
            Ok(state.feed_after(after, page_rows(limit)))
        })
    }

    fn feed_hint(&self) -> watch::Receiver<FeedPosition> {
        self.hint.subscribe()
    }

    fn trim_feed<'a>(&'a self, up_to: FeedPosition) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.state().trim(up_to);
            Ok(())
        })
    }

    fn health(&self) -> Health {
        Health::Ready
    }
}

impl Blobs for MemoryStore {
    fn keep<'a>(&'a self, content: Bytes) -> StoreFuture<'a, BlobHash, CommitError> {
        Box::pin(async move {
            limits::check_blob(&content)?;
            let hash = BlobHash::of(&content);
            self.state().blobs.insert(hash, content);
            Ok(hash)
        })
    }

    fn fetch<'a>(&'a self, hash: BlobHash) -> StoreFuture<'a, Option<Bytes>> {
        Box::pin(async move { Ok(self.state().blobs.get(&hash).cloned()) })
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryStore;

    crate::store::conformance::suite!(((), MemoryStore::new()));
}
