//! What one commit asks for: checks, operations, feed entries, an idempotency token, a durability.

use super::{FeedEntry, Key};

/// A group of changes that is applied whole or not at all. At most 1 MiB of keys and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub(super) checks: Vec<Check>,
    pub(super) ops: Vec<Op>,
    pub(super) feed: Vec<FeedEntry>,
    pub(super) token: Option<Token>,
    pub(super) durability: Durability,
}

/// What must hold of a key at the moment of the commit; otherwise the batch is a `Conflict`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// The key has no value.
    Absent(Key),
    /// The key's value has exactly this version.
    Version(Key, u64),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sets a value.
    Put(Key, Vec<u8>),
    /// Removes a value; no error where there is none.
    Delete(Key),
    /// Adds to a counter (an 8-byte big-endian `i64`; absent counts as 0). Never conflicts.
    Add(Key, i64),
}

/// Names a batch so that a repeated commit is recognised. At most 64 bytes; kept for at least 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub Vec<u8>);

/// How safe a commit is when it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// On stable storage.
    #[default]
    Synced,
    /// In the log, not yet synced: may be lost with the power. Only for sessions, counters and the like. A batch with feed
    /// entries is synced all the same: a follower must never know a position that the store can lose.
    Buffered,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands that `key` has no value.
    pub fn expect_absent(&mut self, key: Key) -> &mut Self {
        self.checks.push(Check::Absent(key));
        self
    }

    /// Demands that `key` still has `version`.
    pub fn expect_version(&mut self, key: Key, version: u64) -> &mut Self {
        self.checks.push(Check::Version(key, version));
        self
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, key: Key, value: Vec<u8>) -> &mut Self {
        self.ops.push(Op::Put(key, value));
        self
    }

    /// Removes `key`.
    pub fn delete(&mut self, key: Key) -> &mut Self {
        self.ops.push(Op::Delete(key));
        self
    }

    /// Adds `delta` to the counter at `key`.
    pub fn add(&mut self, key: Key, delta: i64) -> &mut Self {
        self.ops.push(Op::Add(key, delta));
        self
    }

    /// Appends an entry to the feed.
    pub fn feed(&mut self, entry: FeedEntry) -> &mut Self {
        self.feed.push(entry);
        self
    }

    /// Names the batch.
    pub fn token(&mut self, token: Token) -> &mut Self {
        self.token = Some(token);
        self
    }

    /// Sets the durability.
    pub fn durability(&mut self, durability: Durability) -> &mut Self {
        self.durability = durability;
        self
    }

    /// Whether there is anything to apply.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty() && self.feed.is_empty()
    }
    /// Whether the batch must be on stable storage before it is answered.
    pub(super) fn must_sync(&self) -> bool {
        self.durability == Durability::Synced || !self.feed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_buffered_batch_without_feed_entries_goes_unsynced() {
        let mut batch = Batch::new();
        batch.put(vec![1], Vec::new());
        assert!(batch.must_sync(), "synced by default");
        batch.durability(Durability::Buffered);
        assert!(!batch.must_sync());
        batch.feed(FeedEntry(Vec::new()));
        assert!(batch.must_sync());
    }
}
