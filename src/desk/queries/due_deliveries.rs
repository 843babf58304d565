//! What the outbound queue asks: which deliveries are due, and when the next one is.

use crate::desk::{Delivery, Desk, DeskError, keys};
use crate::store::{Range, Space};

/// Deliveries of one page.
pub(super) const PAGE: usize = 1_000;

impl Desk {
    /// Deliveries due at or before `now` (Unix milliseconds), earliest first, seeking from the due time and id of `after`, so
    /// that no tombstone is read twice; at most `limit` (1 to 1,000), fewer only at the end. What is queued later can be due
    /// earlier, by the time that a commit takes: begin a little before the present again.
    pub async fn due_deliveries(&self, now: u64, after: (u64, u64), limit: usize) -> Result<Vec<Delivery>, DeskError> {
        let limit = limit.clamp(1, PAGE);
        let after = keys::queue_due(after.0, after.1);
        let end = keys::queue_due(now.saturating_add(1), 0);
        if after >= end {
            return Ok(Vec::new());
        }
        let mut range = Range { start: after.clone(), end, after: Some(after), descending: false };
        let mut due = Vec::new();
        loop {
            let page = self.inner.store.scan(&range, limit - due.len()).await?;
            let ids = page.rows.iter().filter_map(|(key, _)| keys::last_id(key));
            let found = self.deliveries_by_id(ids).await?;
            // Between the two reads a delivery may have come to its end: that one must not go out again.
            due.extend(found.into_iter().filter(|delivery| delivery.is_waiting() && delivery.due_at <= now));
            match page.next {
                Some(last) if due.len() < limit => range.after = Some(last),
                _ => return Ok(due),
            }
        }
    }

    /// A delivery as it stands now. Whoever read it from a page some time ago asks again before he attempts it.
    pub async fn delivery(&self, id: u64) -> Result<Option<Delivery>, DeskError> {
        let mut found = self.deliveries_by_id(std::iter::once(id)).await?;
        Ok(found.pop())
    }

    /// When the earliest delivery in the queue is due; `None` for an empty queue.
    pub async fn next_due(&self) -> Result<Option<u64>, DeskError> {
        let page = self.inner.store.scan(&keys::all(Space::QueueDue), 1).await?;
        Ok(page.rows.first().and_then(|(key, _)| keys::due_of(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::codec::encode;
    use crate::desk::{DeliveryState, testing};
    use crate::store::{Batch, Store};

    #[tokio::test]
    async fn what_has_come_to_its_end_is_passed_over_and_the_page_is_full_all_the_same() {
        let test = testing::desk().await;
        let mut batch = Batch::new();
        for id in 1..=9 {
            let state = if id % 3 == 0 { DeliveryState::Deferred } else { DeliveryState::Delivered };
            let delivery = Delivery { id, due_at: 100 + id, state, ..Delivery::default() };
            batch.put(keys::delivery(id), encode(&delivery)).put(keys::queue_due(100 + id, id), Vec::new());
        }
        test.store.commit(batch).await.unwrap();
        let ids = async |after, limit| -> Vec<u64> {
            let due = test.desk.due_deliveries(200, after, limit).await.unwrap();
            due.iter().map(|delivery| delivery.id).collect()
        };
        assert_eq!(ids((0, 0), 2).await, [3, 6]);
        assert_eq!(ids((106, 6), 2).await, [9]);
        assert!(test.desk.due_deliveries(102, (0, 0), 10).await.unwrap().is_empty());
    }
}
