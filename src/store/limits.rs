//! The limits of keys, values, batches and pages: those of the strictest engine, enforced alike for all.
//!
//! A batch beyond a limit is [`CommitError::Rejected`] before anything is written.

use super::{Batch, Check, CommitError, Op, Space, StoreError};

/// Longest key, in octets, its space byte included.
pub const MAX_KEY: usize = 1024;
/// Largest value or feed entry, in octets.
pub const MAX_VALUE: usize = 64 * 1024;
/// Largest batch, in octets of keys, values, feed entries and token.
pub const MAX_BATCH: usize = 1024 * 1024;
/// Longest token, in octets.
pub const MAX_TOKEN: usize = 64;
/// Largest blob, in octets before compression. While it is written it is in memory about three times.
pub const MAX_BLOB: usize = 128 * 1024 * 1024;
/// Most rows of one page of a scan, and most records of one read of the feed.
pub const MAX_PAGE_ROWS: usize = 1000;
/// A page ends behind the row with which it exceeds this many octets, so that a read holds a bounded amount of memory.
pub const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// The size of a batch in octets, or why it is not taken.
pub(super) fn check(batch: &Batch) -> Result<usize, CommitError> {
    let mut size = 0_usize;
    for check in &batch.checks {
        let (Check::Absent(key) | Check::Version(key, _)) = check;
        key_space(key).map_err(CommitError::Rejected)?;
        size = size.saturating_add(key.len());
    }
    for op in &batch.ops {
        let (key, value) = match op {
            Op::Put(key, value) => (key, value.len()),
            Op::Delete(key) => (key, 0),
            Op::Add(key, _) => (key, size_of::<i64>()),
        };
        key_space(key).map_err(CommitError::Rejected)?;
        check_length("a value", value, MAX_VALUE)?;
        size = size.saturating_add(key.len()).saturating_add(value);
    }
    for entry in &batch.feed {
        check_length("a feed entry", entry.0.len(), MAX_VALUE)?;
        size = size.saturating_add(entry.0.len());
    }
    if let Some(token) = &batch.token {
        check_length("the token", token.0.len(), MAX_TOKEN)?;
        if token.0.is_empty() {
            return Err(CommitError::Rejected("the token is empty".to_owned()));
        }
        size = size.saturating_add(token.0.len());
    }
    check_length("the batch", size, MAX_BATCH)?;
    Ok(size)
}

/// Whether a blob is small enough to be kept.
pub(super) fn check_blob(content: &[u8]) -> Result<(), CommitError> {
    check_length("a blob", content.len(), MAX_BLOB)
}

/// The space of a key that a caller may read.
pub(super) fn readable(key: &[u8]) -> Result<Space, StoreError> {
    key_space(key).map_err(StoreError::Engine)
}

/// The space of a key that callers may use, or why there is none.
fn key_space(key: &[u8]) -> Result<Space, String> {
    if key.len() > MAX_KEY {
        return Err(format!("a key has {} octets, the limit is {MAX_KEY}", key.len()));
    }
    let Some(byte) = key.first() else { return Err("an empty key".to_owned()) };
    match Space::from_byte(*byte) {
        None => Err(format!("no space has the byte 0x{byte:02x}")),
        Some(space) if space.belongs_to_store() => Err(format!("the space {space:?} belongs to the store itself")),
        Some(space) => Ok(space),
    }
}

fn check_length(what: &str, length: usize, limit: usize) -> Result<(), CommitError> {
    if length > limit {
        return Err(CommitError::Rejected(format!("{what} has {length} octets, the limit is {limit}")));
    }
    Ok(())
}
