//! Finds what is due: from a cursor in the queue that only goes forward, and from the feed what was put behind its back.
//!
//! Promises: no row is read twice, so no tombstone is either; a delivery whose time comes while others are served is found
//! within a beat; what is in memory is bounded, the rest stays in the store.

use std::sync::Arc;

use super::net::Net;
use super::runner::Shared;
use super::waiting::Entry;
use super::way::way;
use crate::desk::{Change, Delivery, DeskError};
use crate::mail::Address;
use crate::store::{FeedPosition, StoreError};

/// Deliveries read at once.
const PAGE: usize = 500;

/// Deliveries in memory; beyond it they wait in the store. While so many are due, one that becomes due waits for its turn.
const ROOM: usize = 20_000;

/// Feed entries read at once, and deliveries looked at again at once.
const ENTRIES: usize = 1_000;

/// Where the reading stands.
pub(super) struct Intake {
    /// Every row up to this due time and id has been seen.
    cursor: (u64, u64),
    /// Every change up to here has been seen.
    feed: FeedPosition,
}

impl Intake {
    /// Begins at the earliest row; changes count from now on.
    pub(super) fn new<N: Net>(shared: &Shared<N>) -> Self {
        Self { cursor: (0, 0), feed: *shared.desk.store().feed_hint().borrow() }
    }

    /// Takes into memory what is due, as far as there is room.
    pub(super) async fn fill<N: Net>(&mut self, shared: &Shared<N>) -> Result<(), DeskError> {
        self.follow(shared).await?;
        let now = shared.net.now_ms();
        while shared.waiting().len() < ROOM && !shared.is_stopping() {
            let due = shared.desk.due_deliveries(now, self.cursor, PAGE).await?;
            let is_last = due.len() < PAGE;
            match due.last() {
                _ if is_last => self.cursor = self.cursor.max((now, u64::MAX)),
                Some(last) => self.cursor = (last.due_at, last.id),
                None => {}
            }
            add(shared, due);
            if is_last {
                break;
            }
        }
        let again = shared.waiting().take_again();
        self.look_at(shared, again).await
    }

    /// Follows the feed: what became due behind the cursor is taken in.
    async fn follow<N: Net>(&mut self, shared: &Shared<N>) -> Result<(), DeskError> {
        let store = shared.desk.store();
        loop {
            let records = match store.feed(self.feed, ENTRIES).await {
                Ok(records) => records,
                Err(StoreError::FeedTrimmed { .. }) => {
                    // What was missed is found by reading the queue from its beginning.
                    self.feed = *store.feed_hint().borrow();
                    self.cursor = (0, 0);
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            let Some(last) = records.last() else { return Ok(()) };
            let position = last.position;
            let mut changed = Vec::new();
            for record in &records {
                if let Change::DeliveryChanged { delivery, .. } = Change::from_entry(&record.entry)? {
                    changed.push(delivery);
                }
            }
            self.look_at(shared, changed).await?;
            self.feed = position;
        }
    }

    /// Deliveries that changed: those that stand behind the cursor now are taken in.
    async fn look_at<N: Net>(&mut self, shared: &Shared<N>, mut ids: Vec<u64>) -> Result<(), DeskError> {
        ids.sort_unstable();
        ids.dedup();
        {
            let mut waiting = shared.waiting();
            ids.retain(|id| !waiting.tell(*id));
        }
        for ids in ids.chunks(ENTRIES) {
            let found = shared.desk.deliveries_by_id(ids.iter().copied()).await?;
            let is_behind = |delivery: &Delivery| (delivery.due_at, delivery.id) <= self.cursor;
            add(shared, found.into_iter().filter(|delivery| delivery.is_waiting() && is_behind(delivery)).collect());
        }
        Ok(())
    }
}

/// Takes deliveries into memory, each on its way.
fn add<N: Net>(shared: &Shared<N>, due: Vec<Delivery>) {
    if due.is_empty() {
        return;
    }
    let directory = shared.desk.directory();
    let entries: Vec<_> = due
        .into_iter()
        .map(|delivery| {
            let sender = Address::parse(&delivery.envelope_from).ok();
            let entry = Entry {
                id: delivery.id,
                due_at: delivery.due_at,
                message: delivery.message,
                sender: delivery.envelope_from.into(),
            };
            // An address that cannot be used is no reason to stop: its attempt says so.
            let way = Address::parse(&delivery.recipient)
                .map(|recipient| way(&shared.config, &directory, sender.as_ref(), &recipient, delivery.require_tls))
                .unwrap_or_else(|_| super::way::Way::nowhere());
            (Arc::new(way), entry)
        })
        .collect();
    let mut waiting = shared.waiting();
    for (way, entry) in entries {
        waiting.add(&way, entry);
    }
    drop(waiting);
    shared.news.notify_waiters();
}
