//! What readers and the commit thread share: the DB, the gate, the feed's two ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use rocksdb::{ColumnFamily, DB, ErrorKind, ReadOptions, ReadTier};
use tokio::sync::watch;

use super::super::{Family, FeedPosition, StoreError};
use super::families;
use super::gate::Gate;

pub(super) struct Engine {
    pub db: DB,
    pub gate: Gate,
    /// The newest feed position that can be read.
    pub hint: watch::Sender<FeedPosition>,
    /// Feed records up to and including this position are forgotten.
    pub trimmed: AtomicU64,
    /// How many batches are announced.
    pub near: Arc<AtomicUsize>,
    /// Synced writes since the store was opened.
    pub synced: AtomicU64,
}

/// Where a read may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// In memory only: what is not there ends the read with `Incomplete`. For tokio's workers.
    Memory,
    /// On the disk, too: may block.
    Disk,
}

/// A read that did not come to its end.
#[derive(Debug)]
pub(super) enum Unread {
    /// The disk would have been needed.
    Incomplete,
    /// It failed.
    Failed(StoreError),
}

impl From<rocksdb::Error> for Unread {
    fn from(error: rocksdb::Error) -> Self {
        match error.kind() {
            ErrorKind::Incomplete => Self::Incomplete,
            ErrorKind::Corruption => Self::Failed(StoreError::Corrupt(error.into_string())),
            _ => Self::Failed(StoreError::Engine(error.into_string())),
        }
    }
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<Unread> for StoreError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Failed(error) => error,
            Unread::Incomplete => Self::Engine("a read from the disk ended early".to_owned()),
        }
    }
}

impl Engine {
    /// The column family of a family. Each was opened, so that an error here is a fault of the program.
    pub(super) fn family(&self, family: Family) -> Result<&ColumnFamily, StoreError> {
        let name = families::name(family);
        self.db.cf_handle(name).ok_or_else(|| StoreError::Engine(format!("the column family {name} is not open")))
    }
}

impl Reach {
    pub(super) fn options(self) -> ReadOptions {
        let mut options = ReadOptions::default();
        if self == Self::Memory {
            options.set_read_tier(ReadTier::BlockCache);
        }
        options
    }
}

/// Reads in memory, on this worker; where that does not suffice, again with the disk, in `spawn_blocking`.
pub(super) async fn read<T: Send + 'static>(
    engine: &Arc<Engine>,
    attempt: impl Fn(&Engine, Reach) -> Result<T, Unread> + Send + 'static,
) -> Result<T, StoreError> {
    match attempt(engine, Reach::Memory) {
        Err(Unread::Incomplete) => read_disk(engine, attempt).await,
        done => Ok(done?),
    }
}

/// Reads with the disk, in `spawn_blocking`.
pub(super) async fn read_disk<T: Send + 'static>(
    engine: &Arc<Engine>,
    attempt: impl Fn(&Engine, Reach) -> Result<T, Unread> + Send + 'static,
) -> Result<T, StoreError> {
    let engine = engine.clone();
    let task = tokio::task::spawn_blocking(move || attempt(&engine, Reach::Disk));
    let done = task.await.map_err(|error| StoreError::Engine(format!("a read was given up: {error}")))?;
    Ok(done?)
}
