//! The gate in front of commands that write: the store's health in the desk's words.

use super::{Desk, DeskError};
use crate::store::Health;

impl Desk {
    /// Passes when the store can take more. What makes room, or must be kept at any price (the outcome of an attempt to
    /// deliver: else the letter goes out twice), does not ask here.
    pub(in crate::desk) fn may_grow(&self) -> Result<(), DeskError> {
        match self.inner.store.health() {
            Health::Ready => Ok(()),
            Health::LowDisk => Err(DeskError::LowDisk),
            Health::Failed => Err(DeskError::Unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use tokio::sync::watch;

    use super::*;
    use crate::desk::commands::{AttemptOutcome, NewMailbox, NewMessage, TicketPatch};
    use crate::desk::{Attempt, DeliveryState, testing};
    use crate::rules::Status;
    use crate::store::memory::MemoryStore;
    use crate::store::{
        Batch, CommitError, Committed, FeedPosition, FeedRecord, Key, Page, Range, Store, StoreFuture, Versioned,
    };

    /// The memory store on a disk that can run full.
    struct FullDisk {
        store: Arc<MemoryStore>,
        health: AtomicU8,
    }

    impl Store for FullDisk {
        fn get<'a>(&'a self, key: &'a [u8]) -> StoreFuture<'a, Option<Versioned>> {
            self.store.get(key)
        }
        fn get_many<'a>(&'a self, keys: &'a [Key]) -> StoreFuture<'a, Vec<Option<Versioned>>> {
            self.store.get_many(keys)
        }
        fn scan<'a>(&'a self, range: &'a Range, limit: usize) -> StoreFuture<'a, Page> {
            self.store.scan(range, limit)
        }
        fn commit<'a>(&'a self, batch: Batch) -> StoreFuture<'a, Committed, CommitError> {
            self.store.commit(batch)
        }
        fn feed<'a>(&'a self, after: FeedPosition, limit: usize) -> StoreFuture<'a, Vec<FeedRecord>> {
            self.store.feed(after, limit)
        }
        fn feed_hint(&self) -> watch::Receiver<FeedPosition> {
            self.store.feed_hint()
        }
        fn trim_feed<'a>(&'a self, up_to: FeedPosition) -> StoreFuture<'a, ()> {
            self.store.trim_feed(up_to)
        }
        fn health(&self) -> Health {
            match self.health.load(Ordering::SeqCst) {
                0 => Health::Ready,
                1 => Health::LowDisk,
                _ => Health::Failed,
            }
        }
    }

    #[tokio::test]
    async fn a_full_disk_takes_the_outcome_of_a_delivery_and_nothing_else() {
        let test = testing::desk().await;
        let disk = Arc::new(FullDisk { store: test.store.clone(), health: AtomicU8::new(0) });
        let settings = test.desk.inner.settings.clone();
        let desk = Desk::open(disk.clone(), test.store.clone(), settings).await.unwrap();
        let (number, _) = test.ticket().await;
        let hello = || NewMessage { text: "Hello".to_owned(), ..NewMessage::default() };
        let message = desk.reply(&test.actor, number, hello()).await.unwrap().value;
        let delivery = desk.due_deliveries(u64::MAX, (0, 0), 1).await.unwrap()[0].id;

        for (health, low) in [(1, true), (2, false)] {
            disk.health.store(health, Ordering::SeqCst);
            let open = TicketPatch { status: Some(Status::Open), ..TicketPatch::default() };
            let mailbox = NewMailbox {
                name: "Sales".to_owned(),
                prefix: "SALES".to_owned(),
                addresses: vec!["sales@demo.test".to_owned()],
                signature: String::new(),
            };
            let refused = [
                desk.reply(&test.actor, number, hello()).await.map(|_| ()),
                desk.note(&test.actor, number, hello()).await.map(|_| ()),
                desk.update_ticket(&test.actor, number, open, None).await.map(|_| ()),
                desk.add_mailbox(&test.admin, mailbox).await.map(|_| ()),
            ];
            for outcome in refused {
                match outcome {
                    Err(DeskError::LowDisk) => assert!(low),
                    Err(DeskError::Unavailable) => assert!(!low),
                    other => panic!("{other:?}"),
                }
            }
        }
        disk.health.store(1, Ordering::SeqCst);
        desk.record_attempt(delivery, Attempt::default(), AttemptOutcome::Delivered).await.unwrap();
        let view = desk.ticket_view(&test.actor, number).await.unwrap();
        let sent = view.messages.iter().find(|view| view.message.id == message).unwrap();
        assert_eq!(sent.deliveries[0].state, DeliveryState::Delivered);
    }
}
