//! Rows to be written, each with what must hold of it: the result of a decision, before it becomes a batch.

use crate::desk::Change;
use crate::store::{Batch, Key};

/// What one share of a letter writes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The ticket's number.
    pub ticket: u64,
    /// The ticket's mailbox.
    pub mailbox: u64,
    /// The message behind which an automatic letter is wished for.
    pub answers: Option<u64>,
    rows: Vec<Row>,
    counts: Vec<(Key, i64)>,
    changes: Vec<Change>,
}

/// What must hold of a row at the moment of the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// Nothing.
    Anything,
    /// It is not there.
    Absent,
    /// It is as it was read.
    Version(u64),
}

#[derive(Debug)]
struct Row {
    key: Key,
    /// `None` removes it.
    value: Option<Vec<u8>>,
    expect: Expect,
}

impl Plan {
    /// Nothing yet, for a ticket of a mailbox.
    pub(super) fn of(ticket: u64, mailbox: u64) -> Self {
        Self { ticket, mailbox, ..Self::default() }
    }

    /// Sets a row.
    pub(super) fn put(&mut self, key: Key, value: Vec<u8>, expect: Expect) {
        self.rows.push(Row { key, value: Some(value), expect });
    }

    /// Removes a row.
    pub(super) fn delete(&mut self, key: Key) {
        self.rows.push(Row { key, value: None, expect: Expect::Anything });
    }

    /// Adds to a counter.
    pub(super) fn add(&mut self, key: Key, delta: i64) {
        self.counts.push((key, delta));
    }

    /// Tells the followers of the feed.
    pub(super) fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Octets of keys and values, checks included.
    pub(super) fn size(&self) -> usize {
        let row = |row: &Row| 2 * row.key.len() + row.value.as_ref().map_or(0, Vec::len);
        let counts = self.counts.iter().map(|(key, _)| key.len() + size_of::<i64>()).sum::<usize>();
        self.rows.iter().map(row).sum::<usize>() + counts + 32 * self.changes.len()
    }

    /// Adds everything to a batch.
    pub(super) fn write(self, batch: &mut Batch) {
        for row in self.rows {
            match row.expect {
                Expect::Anything => {}
                Expect::Absent => _ = batch.expect_absent(row.key.clone()),
                Expect::Version(version) => _ = batch.expect_version(row.key.clone(), version),
            }
            match row.value {
                Some(value) => batch.put(row.key, value),
                None => batch.delete(row.key),
            };
        }
        for (key, delta) in self.counts {
            batch.add(key, delta);
        }
        for change in self.changes {
            batch.feed(change.to_entry());
        }
    }
}
