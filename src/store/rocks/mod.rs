//! The store on RocksDB: a plain DB, and one commit thread that makes commits follow one another.
//!
//! Promises what `Store` and `Blobs` promise; survives a crash at any point with whole batches only. Readers go to the DB
//! directly: what is in memory is read in place, what may need the disk in `spawn_blocking`. Writers queue
//! (`commit_queue`) for the commit thread (`thread`), which groups them (`group`) under one synced write.
//! Considered and left: OptimisticTransactionDB (40 to 100 MB of mutexes and retained memtables) and TransactionDB (its
//! locks would be held across awaits).

mod blobs;
mod commit_queue;
mod engine;
mod families;
mod feed;
mod gate;
mod get;
mod group;
mod meta;
mod open;
mod overlay;
mod scan;
mod thread;
mod token;
mod value;

#[cfg(test)]
mod agreement;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::watch;

use self::commit_queue::CommitQueue;
use self::engine::Engine;
use super::{
    Announced, Batch, CommitError, Committed, FeedPosition, FeedRecord, Health, Key, Page, Range, Store, StoreFuture,
    Versioned,
};

/// The RocksDB store. Implements `Store` and `Blobs`. Dropping it waits until everything queued is written and the log
/// is synced.
pub struct RocksStore {
    engine: Arc<Engine>,
    queue: CommitQueue,
}

impl Store for RocksStore {
    fn get<'a>(&'a self, key: &'a [u8]) -> StoreFuture<'a, Option<Versioned>> {
        Box::pin(get::get(&self.engine, key))
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> StoreFuture<'a, Vec<Option<Versioned>>> {
        Box::pin(get::get_many(&self.engine, keys))
    }

    fn scan<'a>(&'a self, range: &'a Range, limit: usize) -> StoreFuture<'a, Page> {
        Box::pin(scan::scan(&self.engine, range, limit))
    }

    fn commit<'a>(&'a self, batch: Batch) -> StoreFuture<'a, Committed, CommitError> {
        Box::pin(self.queue.commit(batch))
    }

    fn announce(&self) -> Announced {
        Announced::among(&self.engine.near)
    }

    fn feed<'a>(&'a self, after: FeedPosition, limit: usize) -> StoreFuture<'a, Vec<FeedRecord>> {
        Box::pin(feed::feed(&self.engine, after, limit))
    }

    fn feed_hint(&self) -> watch::Receiver<FeedPosition> {
        self.engine.hint.subscribe()
    }

    fn trim_feed<'a>(&'a self, up_to: FeedPosition) -> StoreFuture<'a, ()> {
        Box::pin(feed::trim(self, up_to))
    }

    fn health(&self) -> Health {
        self.engine.gate.health()
    }
}
