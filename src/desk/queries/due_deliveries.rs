//! What the outbound queue asks: which deliveries are due, and when the next one is.

use crate::desk::{Delivery, Desk, DeskError, keys};
use crate::store::{Range, Space};

/// Deliveries of one page.
const PAGE: usize = 1_000;

impl Desk {
    /// Deliveries due at or before `now` (Unix milliseconds), earliest first, at most `limit` (1 to 1,000), seeking from the due
    /// time and id of `after`, so that no tombstone is read twice. `(0, 0)` is the beginning: what is queued later can be due
    /// earlier, so begin there from time to time.
    pub async fn due_deliveries(&self, now: u64, after: (u64, u64), limit: usize) -> Result<Vec<Delivery>, DeskError> {
        let after = keys::queue_due(after.0, after.1);
        let end = keys::queue_due(now.saturating_add(1), 0);
        if after >= end {
            return Ok(Vec::new());
        }
        let range = Range { start: after.clone(), end, after: Some(after), descending: false };
        let page = self.inner.store.scan(&range, limit.clamp(1, PAGE)).await?;
        let ids = page.rows.iter().filter_map(|(key, _)| keys::last_id(key));
        self.deliveries_by_id(ids).await
    }

    /// When the earliest delivery in the queue is due; `None` for an empty queue.
    pub async fn next_due(&self) -> Result<Option<u64>, DeskError> {
        let page = self.inner.store.scan(&keys::all(Space::QueueDue), 1).await?;
        Ok(page.rows.first().and_then(|(key, _)| keys::due_of(key)))
    }
}
