//! The store: an ordered key-value map with atomic, synced batches, an ordered feed, and a blob store beside it.
//!
//! Promises: a [`Batch`] is applied whole or not at all; after [`Store::commit`] has answered `Ok` with
//! [`Durability::Synced`], the batch survives power loss; batches are serialisable (every [`Check`] held at the
//! moment of the commit); feed positions have no gaps and are visible in order.
//! Leaves to others: the meaning of keys and values. Each backend passes the one suite in `conformance`. Beside it stand [`notes`], which
//! are no part of the store: they outlive the process only.

mod announced;
mod batch;
mod blobs;
mod bounds;
mod decide;
mod error;
mod feed;
mod health;
mod keys_table;
mod space;

#[cfg(test)]
mod conformance;

pub mod limits;
pub mod memory;
pub mod notes;
pub mod rocks;

use std::future::Future;
use std::pin::Pin;

use tokio::sync::watch;

pub use announced::Announced;
pub use batch::{Batch, Check, Durability, Op, Token};
pub use blobs::{BlobHash, Blobs};
pub use error::{CommitError, StoreError};
pub use feed::{FeedEntry, FeedPosition, FeedRecord};
pub use health::Health;
pub use keys_table::keys_table;
pub use space::{Family, Space};

/// What every method that may wait returns: a boxed future, so that `dyn Store` works.
pub type StoreFuture<'a, T, E = StoreError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// A key: one [`Space`] byte, then fixed-width big-endian ids or order-preserving strings. At most 1 KiB.
pub type Key = Vec<u8>;

/// A value as read: its payload and the version that a [`Check::Version`] may demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Changes with every `Put` and `Add`; never 0.
    pub version: u64,
    /// The payload as it was put (`[schema u8][minicbor]`; the store does not look inside). At most 64 KiB.
    pub value: Vec<u8>,
}

/// One page of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows in key order (descending when asked so).
    pub rows: Vec<(Key, Versioned)>,
    /// Where to go on: the last key of this page; `None` when the range is exhausted.
    pub next: Option<Key>,
}

/// Which rows a scan covers. It stays within the space of `start`, even where `end` lies behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// First key that may be returned (inclusive).
    pub start: Key,
    /// First key that may no longer be returned (exclusive).
    pub end: Key,
    /// The cursor: the `next` of the page before. Rows up to and including it are passed over.
    pub after: Option<Key>,
    /// Highest key first.
    pub descending: bool,
}

impl Range {
    /// Every key that begins with `prefix`, ascending.
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { start: prefix.to_vec(), end: prefix_end(prefix), after: None, descending: false }
    }
}

/// The smallest key above every key that begins with `prefix`.
pub fn prefix_end(prefix: &[u8]) -> Key {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    vec![u8::MAX; 2]
}

/// What a commit that was applied answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The feed position of the batch's last entry (or of the feed's end where the batch had none).
    pub position: FeedPosition,
    /// The version that every key put by this batch now has.
    pub version: u64,
    /// The batch's token had been committed before: nothing was applied now, `position` is the earlier one's.
    pub repeated: bool,
}

/// The ordered key-value store. Every method may be called from any task; none blocks a worker.
pub trait Store: Send + Sync + 'static {
    /// The value of one key.
    fn get<'a>(&'a self, key: &'a [u8]) -> StoreFuture<'a, Option<Versioned>>;

    /// The values of many keys, in the order asked, read from one snapshot.
    fn get_many<'a>(&'a self, keys: &'a [Key]) -> StoreFuture<'a, Vec<Option<Versioned>>>;

    /// One page of at most `limit` rows (clamped to 1..=1,000); a page of more than 4 MiB ends early, with its `next` set.
    /// No iterator outlives the call.
    fn scan<'a>(&'a self, range: &'a Range, limit: usize) -> StoreFuture<'a, Page>;

    /// Applies a batch whole or not at all; resolves when it is as durable as it asked for. Dropping the future does not
    /// take a batch back that is queued already.
    fn commit<'a>(&'a self, batch: Batch) -> StoreFuture<'a, Committed, CommitError>;

    /// Says that a batch comes in a moment, so that a group that is about to be synced can wait for it. Dropped just before the
    /// [`Store::commit`], or when no batch comes. Only a hint, and bounded: whoever waits for others meanwhile keeps a group waiting,
    /// for some milliseconds.
    fn announce(&self) -> Announced {
        Announced::default()
    }

    /// At most `limit` feed records behind `after` (clamped like those of a scan), in order and without gaps. None when
    /// `after` is the newest.
    /// [`StoreError::FeedTrimmed`] when `after` is older than what is kept.
    fn feed<'a>(&'a self, after: FeedPosition, limit: usize) -> StoreFuture<'a, Vec<FeedRecord>>;

    /// The newest feed position, as a hint to wake followers. Never ahead of what [`Store::feed`] returns.
    fn feed_hint(&self) -> watch::Receiver<FeedPosition>;

    /// Forgets feed records up to and including `up_to`.
    fn trim_feed<'a>(&'a self, up_to: FeedPosition) -> StoreFuture<'a, ()>;

    /// Whether writes are to be offered to this store now (background errors, stalls, free space).
    fn health(&self) -> Health;
}
