//! Everything the in-memory store holds, and the changes to it.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use bytes::Bytes;

use super::super::bounds::Bounds;
use super::super::decide::{Rows, decide};
use super::super::{
    Batch, BlobHash, CommitError, Committed, FeedEntry, FeedPosition, FeedRecord, Key, Page, Token, Versioned, limits,
};

#[derive(Default)]
pub(super) struct State {
    pub rows: BTreeMap<Key, Versioned>,
    pub blobs: HashMap<BlobHash, Bytes>,
    /// The newest feed position.
    pub position: FeedPosition,
    /// Feed records up to and including this one are forgotten.
    pub trimmed: FeedPosition,
    feed: BTreeMap<FeedPosition, FeedEntry>,
    tokens: HashMap<Token, Committed>,
    version: u64,
}

impl State {
    pub(super) fn commit(&mut self, mut batch: Batch) -> Result<Committed, CommitError> {
        if let Some(earlier) = batch.token.as_ref().and_then(|token| self.tokens.get(token)) {
            return Ok(Committed { repeated: true, ..*earlier });
        }
        let changes = decide(&mut batch, &*self)?;
        self.version += 1;
        for (key, value) in changes {
            match value {
                Some(value) => drop(self.rows.insert(key, Versioned { version: self.version, value })),
                None => drop(self.rows.remove(&key)),
            }
        }
        for entry in batch.feed {
            self.position.0 += 1;
            self.feed.insert(self.position, entry);
        }
        let committed = Committed { position: self.position, version: self.version, repeated: false };
        if let Some(token) = batch.token {
            self.tokens.insert(token, committed);
        }
        Ok(committed)
    }

    pub(super) fn page(&self, bounds: Bounds, descending: bool, limit: usize) -> Page {
        let rows = self.rows.range(bounds.start..bounds.end);
        if descending { page_of(rows.rev(), limit) } else { page_of(rows, limit) }
    }

    pub(super) fn feed_after(&self, after: FeedPosition, limit: usize) -> Vec<FeedRecord> {
        self.feed
            .range((Bound::Excluded(after), Bound::Unbounded))
            .take(limit)
            .map(|(position, entry)| FeedRecord { position: *position, entry: entry.clone() })
            .collect()
    }

    pub(super) fn trim(&mut self, up_to: FeedPosition) {
        let up_to = up_to.min(self.position);
        if up_to > self.trimmed {
            self.trimmed = up_to;
            self.feed = self.feed.split_off(&FeedPosition(up_to.0 + 1));
        }
    }
}

impl Rows for State {
    fn version(&self, key: &[u8]) -> Result<Option<u64>, CommitError> {
        Ok(self.rows.get(key).map(|row| row.version))
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CommitError> {
        Ok(self.rows.get(key).map(|row| row.value.clone()))
    }
}

fn page_of<'a>(mut rows: impl Iterator<Item = (&'a Key, &'a Versioned)>, limit: usize) -> Page {
    let mut page = Page::default();
    let mut size = 0;
    for (key, row) in rows.by_ref() {
        size += key.len() + row.value.len();
        page.rows.push((key.clone(), row.clone()));
        if page.rows.len() == limit || size > limits::MAX_PAGE_BYTES {
            break;
        }
    }
    if rows.next().is_some() {
        page.next = page.rows.last().map(|(key, _)| key.clone());
    }
    page
}
