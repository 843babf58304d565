use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use crate::desk::{Desk, keys};
use crate::store::memory::MemoryStore;
use crate::store::{
    Batch, CommitError, Committed, FeedPosition, FeedRecord, Health, Key, Page, Range, Space, Store, StoreFuture,
    Versioned,
};

use super::{TestDesk, desk, mail};

/// What goes wrong with the commits of letters.
#[derive(Clone, Copy)]
enum Fault {
    /// Nothing is applied.
    Rejected,
    /// Applied, but the answer is lost.
    AnswerLost,
    /// Not applied, and the answer is lost.
    Unknown,
    /// So many lost races.
    Conflicts(u32),
    /// The disk is almost full.
    LowDisk,
}

/// The memory store with a fault.
struct Faulty {
    store: Arc<MemoryStore>,
    fault: Fault,
    conflicts: AtomicU32,
}

impl Store for Faulty {
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
        Box::pin(async move {
            if !has_feed(&batch) {
                return self.store.commit(batch).await;
            }
            match self.fault {
                Fault::Rejected => Err(CommitError::Rejected("out of order".to_owned())),
                Fault::Unknown => Err(CommitError::Unknown("timeout".to_owned())),
                Fault::AnswerLost => {
                    self.store.commit(batch).await?;
                    Err(CommitError::Unknown("timeout".to_owned()))
                }
                Fault::Conflicts(many) if self.conflicts.fetch_add(1, Ordering::SeqCst) < many => {
                    Err(CommitError::Conflict)
                }
                Fault::Conflicts(_) | Fault::LowDisk => self.store.commit(batch).await,
            }
        })
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
        if matches!(self.fault, Fault::LowDisk) { Health::LowDisk } else { Health::Ready }
    }
}

impl TestDesk {
    /// The same desk over a store with a fault.
    async fn with(&self, fault: Fault) -> Desk {
        let store = Faulty { store: self.store.clone(), fault, conflicts: AtomicU32::new(0) };
        let settings = self.desk.inner.settings.clone();
        Desk::open(Arc::new(store), self.store.clone(), settings).await.unwrap()
    }

    async fn ticket_count(&self) -> usize {
        self.store.scan(&keys::all(Space::Ticket), 100).await.unwrap().rows.len()
    }
}

#[tokio::test]
async fn what_is_not_applied_is_never_accepted() {
    for (fault, reply) in [
        (Fault::Rejected, "451 4.3.0 Try again later"),
        (Fault::Unknown, "451 4.3.0 Try again later"),
        (Fault::LowDisk, "452 4.3.1 Not enough storage"),
        (Fault::Conflicts(1_000), "451 4.3.0 Try again later"),
    ] {
        let test = desk().await;
        let desk = test.with(fault).await;
        let verdict = desk.receive(mail("ivan@shop.test").transaction(&desk)).await;
        assert_eq!(verdict.reply(), reply);
        assert_eq!(test.ticket_count().await, 0);
        let (lines, _) = test
            .desk
            .ledger(&test.actor, &crate::desk::queries::LedgerQuery { limit: 5, ..Default::default() })
            .await
            .unwrap();
        assert_eq!(lines[0].reply, reply, "the refusal is found");
    }
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up() {
    let test = desk().await;
    let desk = test.with(Fault::AnswerLost).await;
    let letter = mail("ivan@shop.test").id("1@shop.test");
    let number = super::numbers(&desk.receive(letter.transaction(&desk)).await)[0];
    assert_eq!(test.ticket_count().await, 1);
    assert_eq!(test.receive(&letter).await, number);
    assert_eq!(test.messages_of(number).await.len(), 1);
}

#[tokio::test]
async fn a_letter_that_loses_some_races_is_accepted_under_one_number() {
    let test = desk().await;
    let desk = test.with(Fault::Conflicts(5)).await;
    let number = super::numbers(&desk.receive(mail("ivan@shop.test").transaction(&desk)).await)[0];
    let next = super::numbers(&desk.receive(mail("olga@shop.test").transaction(&desk)).await)[0];
    assert_eq!(next, number + 1, "lost races use no numbers");
}

/// Letters and changes write to the feed; leases of numbers and ledger lines alone do not.
fn has_feed(batch: &Batch) -> bool {
    format!("{batch:?}").contains("FeedEntry")
}
