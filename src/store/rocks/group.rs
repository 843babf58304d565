//! One group: batches, blobs and trims that share one `WriteBatch` and one write.
//!
//! Each batch is judged against the DB and what the group has changed so far, so that the group is a serial order. The
//! order of durability: the write (synced when any batch asks for it), then the hint, then the answers. If the write
//! fails, whatever took part is `Unknown`: RocksDB may have the bytes in its log.

use std::sync::atomic::Ordering;

use rocksdb::{WriteBatch, WriteOptions};

use super::super::decide::decide;
use super::super::{Batch, CommitError, Committed, Family, FeedPosition, Key, StoreError, Versioned, limits};
use super::engine::Engine;
use super::meta::{Head, Row};
use super::overlay::Overlay;
use super::{feed, token, value};

pub(super) struct Group<'a> {
    engine: &'a Engine,
    overlay: Overlay<'a>,
    writes: WriteBatch,
    head: Head,
    trimmed: Option<u64>,
    sync: bool,
    buffer: Vec<u8>,
}

impl<'a> Group<'a> {
    pub(super) fn new(engine: &'a Engine, head: Head) -> Self {
        Self {
            engine,
            overlay: Overlay::new(engine),
            writes: WriteBatch::default(),
            head,
            trimmed: None,
            sync: false,
            buffer: Vec::new(),
        }
    }

    /// Makes the group's write reach the disk, even if there is nothing else to write.
    pub(super) fn require_sync(&mut self) {
        self.sync = true;
    }

    /// Takes a batch in, or leaves the group as it was.
    pub(super) fn commit(&mut self, mut batch: Batch) -> Result<Committed, CommitError> {
        let must_sync = batch.must_sync();
        if let Some(token) = &batch.token
            && let Some(earlier) = self.overlay.token(token)?
        {
            // The earlier commit may have asked for less, or have been answered `Unknown`.
            self.sync |= must_sync;
            return Ok(earlier);
        }
        let changes = decide(&mut batch, &self.overlay)?;

        // All that can fail comes before the first write.
        let feed_family = self.engine.family(Family::Feed).map_err(refused)?;
        let misc_family = self.engine.family(Family::Misc).map_err(refused)?;
        let mut rows = Vec::with_capacity(changes.len());
        for (key, value) in changes {
            let family = limits::readable(&key).and_then(|space| self.engine.family(space.family()));
            rows.push((family.map_err(refused)?, key, value));
        }

        self.sync |= must_sync;
        self.head.version += 1;
        let version = self.head.version;
        for (family, key, value) in rows {
            match &value {
                Some(value) => self.writes.put_cf(family, &key, value::encode(&mut self.buffer, version, value)),
                None => self.writes.delete_cf(family, &key),
            }
            self.overlay.set(key, value.map(|value| Versioned { version, value }));
        }
        for entry in batch.feed {
            self.head.position.0 += 1;
            self.writes.put_cf(feed_family, feed::key(self.head.position.0), entry.0);
        }
        let committed = Committed { position: self.head.position, version, repeated: false };
        if let Some(token) = batch.token {
            self.writes.put_cf(misc_family, token::key(&token), token::encode(committed));
            self.overlay.set_token(token, committed);
        }
        Ok(committed)
    }

    /// Takes a blob in, unsynced.
    pub(super) fn keep(&mut self, key: &Key, row: &[u8]) -> Result<Committed, CommitError> {
        self.writes.put_cf(self.engine.family(Family::Blob).map_err(refused)?, key, row);
        Ok(self.unchanged())
    }

    /// Forgets feed records up to a position, unsynced: after a crash they may be there again.
    pub(super) fn trim(&mut self, trimmed: u64, up_to: FeedPosition) -> Result<Committed, CommitError> {
        let trimmed = self.trimmed.unwrap_or(trimmed);
        let up_to = up_to.min(self.head.position).0;
        if up_to > trimmed {
            let feed_family = self.engine.family(Family::Feed).map_err(refused)?;
            let misc_family = self.engine.family(Family::Misc).map_err(refused)?;
            self.writes.delete_range_cf(feed_family, feed::key(trimmed + 1), feed::key(up_to + 1));
            self.writes.put_cf(misc_family, Row::Trimmed.key(), up_to.to_be_bytes());
            self.trimmed = Some(up_to);
        }
        Ok(self.unchanged())
    }

    /// Writes all of it and shows it to readers. Answers how far the store has come.
    pub(super) fn write(mut self) -> Result<Head, StoreError> {
        if self.writes.is_empty() && !self.sync {
            return Ok(self.head);
        }
        // Always with the head, so that a group which only repeats tokens has something to sync.
        self.writes.put_cf(self.engine.family(Family::Misc)?, Row::Head.key(), self.head.encode());
        let mut options = WriteOptions::default();
        options.set_sync(self.sync);

        self.engine.gate.write_begins();
        let written = self.engine.db.write_opt(self.writes, &options);
        self.engine.gate.write_ends();
        written.map_err(|error| StoreError::Engine(error.into_string()))?;

        if self.sync {
            self.engine.synced.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("mxdesk_store_syncs_total").increment(1);
        }
        if let Some(trimmed) = self.trimmed {
            self.engine.trimmed.store(trimmed, Ordering::Release);
        }
        self.engine.hint.send_if_modified(|hint| std::mem::replace(hint, self.head.position) != self.head.position);
        Ok(self.head)
    }

    fn unchanged(&self) -> Committed {
        Committed { position: self.head.position, version: self.head.version, repeated: false }
    }
}

fn refused(error: StoreError) -> CommitError {
    CommitError::Rejected(error.to_string())
}
