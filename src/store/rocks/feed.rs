//! The feed: rows `[space][position u64 big-endian]`, read in order, trimmed from the old end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::bounds::page_rows;
use super::super::{Family, FeedEntry, FeedPosition, FeedRecord, Key, Space, StoreError, limits, prefix_end};
use super::RocksStore;
use super::engine::{Engine, Reach, Unread, read};

pub(super) async fn feed(
    engine: &Arc<Engine>,
    after: FeedPosition,
    limit: usize,
) -> Result<Vec<FeedRecord>, StoreError> {
    let oldest = FeedPosition(engine.trimmed.load(Ordering::Acquire));
    if after < oldest {
        return Err(StoreError::FeedTrimmed { oldest });
    }
    // The usual question of a follower that was woken for nothing.
    if after >= *engine.hint.borrow() {
        return Ok(Vec::new());
    }
    let limit = page_rows(limit);
    read(engine, move |engine, reach| records(engine, after, limit, reach)).await
}

pub(super) async fn trim(store: &RocksStore, up_to: FeedPosition) -> Result<(), StoreError> {
    store.queue.trim(up_to).await.map_err(|error| StoreError::Engine(error.to_string()))
}

/// The key of a feed record.
pub(super) fn key(position: u64) -> Key {
    let mut key = vec![Space::Feed as u8];
    key.extend_from_slice(&position.to_be_bytes());
    key
}

fn records(engine: &Engine, after: FeedPosition, limit: usize, reach: Reach) -> Result<Vec<FeedRecord>, Unread> {
    let mut options = reach.options();
    options.set_iterate_range(key(after.0.saturating_add(1))..prefix_end(&[Space::Feed as u8]));
    let mut iterator = engine.db.raw_iterator_cf_opt(engine.family(Family::Feed)?, options);
    iterator.seek_to_first();

    let mut records: Vec<FeedRecord> = Vec::new();
    let mut size = 0;
    while let Some((key, entry)) = iterator.item() {
        if records.len() == limit || size > limits::MAX_PAGE_BYTES {
            break;
        }
        let position = position_of(key)?;
        let expected = records.last().map_or(after.0, |record| record.position.0).saturating_add(1);
        if position.0 != expected {
            return Err(gap(engine, after, position));
        }
        size += entry.len();
        records.push(FeedRecord { position, entry: FeedEntry(entry.to_vec()) });
        iterator.next();
    }
    iterator.status()?;
    // There was something behind `after`: it can only have been trimmed just now.
    if records.is_empty() {
        return Err(gap(engine, after, after));
    }
    Ok(records)
}

/// Records are missing: trimmed, or (never, as far as we know) lost.
fn gap(engine: &Engine, after: FeedPosition, found: FeedPosition) -> Unread {
    let oldest = FeedPosition(engine.trimmed.load(Ordering::Acquire));
    Unread::Failed(if after < oldest {
        StoreError::FeedTrimmed { oldest }
    } else {
        StoreError::Corrupt(format!("the feed has a gap between {} and {}", after.0, found.0))
    })
}

fn position_of(key: &[u8]) -> Result<FeedPosition, StoreError> {
    let bytes = key.last_chunk().ok_or_else(|| StoreError::Corrupt("a feed record without a position".to_owned()))?;
    Ok(FeedPosition(u64::from_be_bytes(*bytes)))
}
