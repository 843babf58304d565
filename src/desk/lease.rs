//! Numbers leased in blocks from a counter: gaps are allowed, reuse is not, and concurrent letters never conflict on it.
//!
//! Promises: no number is handed out twice, by any process over the same store, through any crash. Numbers of one process rise. A
//! block is in the log before its first number is handed out; it needs no sync of its own, since whatever is stored with such a number
//! stands behind it in the same log. Nothing leaves with a number before it is stored with it: that is the caller's part.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::codec::{Record, encode};
use super::{DeskError, keys};
use crate::store::{Batch, CommitError, Durability, Store};

/// How often a block is asked for before the caller is told of the conflict.
const ATTEMPTS: u32 = 100;

/// A block that was used up so soon is followed by one twice as large: a flood of letters must not wait for numbers all the time.
const QUICK: Duration = Duration::from_secs(1);
/// The largest block, in ordinary ones.
const GROWTH: u64 = 32;

/// Hands out rising numbers; asks the store for a new block when one is used up.
pub(in crate::desk) struct Lease {
    /// The counter's name in the store. The counter is the first number that was never leased.
    name: &'static str,
    /// How many numbers a block holds, but for one that follows its forerunner within [`QUICK`].
    block: u64,
    /// The first number ever handed out.
    first: u64,
    /// Next number and end of the block in hand. Never held across an await.
    in_hand: Mutex<(u64, u64)>,
    /// Held by the one who fetches the next block: the others wait for his. When the last was fetched, and its size.
    refill: tokio::sync::Mutex<Option<(Instant, u64)>>,
}

impl Lease {
    /// A lease with nothing in hand.
    pub(in crate::desk) fn new(name: &'static str, block: u64, first: u64) -> Self {
        Self { name, block, first, in_hand: Mutex::new((0, 0)), refill: tokio::sync::Mutex::new(None) }
    }

    /// The next number.
    pub(in crate::desk) async fn next(&self, store: &dyn Store) -> Result<u64, DeskError> {
        if let Some(number) = self.take() {
            return Ok(number);
        }
        let mut last = self.refill.lock().await;
        if let Some(number) = self.take() {
            return Ok(number);
        }
        let size = match *last {
            Some((at, size)) if at.elapsed() < QUICK => size.saturating_mul(2).min(self.block.saturating_mul(GROWTH)),
            _ => self.block,
        };
        let (start, end) = self.lease_block(store, size).await?;
        *last = Some((Instant::now(), size));
        *self.in_hand.lock().unwrap_or_else(PoisonError::into_inner) = (start + 1, end);
        Ok(start)
    }

    /// The next number of the block in hand.
    fn take(&self) -> Option<u64> {
        let mut in_hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, end) = *in_hand;
        (next < end).then(|| {
            in_hand.0 = next + 1;
            next
        })
    }

    /// Moves the counter on by a block; answers the block's first number and its end.
    async fn lease_block(&self, store: &dyn Store, size: u64) -> Result<(u64, u64), DeskError> {
        let key = keys::counter(self.name);
        for _ in 0..ATTEMPTS {
            let counter = store.get(&key).await?.as_ref().map(Record::<u64>::read).transpose()?;
            let mut batch = Batch::new();
            let start = match counter {
                Some(counter) => {
                    batch.expect_version(key.clone(), counter.version);
                    counter.value
                }
                None => {
                    batch.expect_absent(key.clone());
                    self.first
                }
            };
            let end = start.checked_add(size).ok_or_else(|| DeskError::Internal(format!("no {} left", self.name)))?;
            batch.put(key.clone(), encode(&end)).durability(Durability::Buffered);
            match store.commit(batch).await {
                Ok(_) => return Ok((start, end)),
                // Another process took this block. Or this one may have been taken by us: then it is a gap.
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommitError::Conflict.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;
    use crate::store::memory::MemoryStore;

    #[tokio::test]
    async fn numbers_begin_with_the_first_and_rise() {
        let store = MemoryStore::default();
        let lease = Lease::new("tickets", 3, 1001);
        let mut numbers = Vec::new();
        for _ in 0..7 {
            numbers.push(lease.next(&store).await.unwrap());
        }
        assert_eq!(numbers, (1001..1008).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_restart_leaves_a_gap_and_reuses_nothing() {
        let store = MemoryStore::default();
        assert_eq!(Lease::new("tickets", 32, 1001).next(&store).await.unwrap(), 1001);
        assert_eq!(Lease::new("tickets", 32, 1001).next(&store).await.unwrap(), 1033);
    }

    #[tokio::test]
    async fn blocks_grow_while_they_are_used_up_quickly_and_not_without_end() {
        let store = MemoryStore::default();
        let lease = Lease::new("tickets", 4, 1);
        for expected in 1..=1_000 {
            assert_eq!(lease.next(&store).await.unwrap(), expected);
        }
        let counter = store.get(&keys::counter("tickets")).await.unwrap().unwrap();
        // Versions count commits: 4, 8, … 128 and then 128 each.
        assert!(counter.version <= 20, "{} blocks", counter.version);
        let end = Record::<u64>::read(&counter).unwrap().value;
        assert!(end - 1_001 <= 4 * GROWTH);
        *lease.refill.lock().await = Some((Instant::now() - QUICK * 2, 128));
        *lease.in_hand.lock().unwrap() = (0, 0);
        lease.next(&store).await.unwrap();
        let counter = store.get(&keys::counter("tickets")).await.unwrap().unwrap();
        assert_eq!(Record::<u64>::read(&counter).unwrap().value, end + 4, "the ordinary size again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn concurrent_callers_of_two_processes_never_get_the_same_number() {
        let store = Arc::new(MemoryStore::default());
        let leases = [Arc::new(Lease::new("ids", 4, 1)), Arc::new(Lease::new("ids", 4, 1))];
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..100 {
            let (store, lease) = (store.clone(), leases[caller % 2].clone());
            tasks.spawn(async move { lease.next(&*store).await.unwrap() });
        }
        let numbers: HashSet<u64> = tasks.join_all().await.into_iter().collect();
        assert_eq!(numbers.len(), 100);
    }
}
