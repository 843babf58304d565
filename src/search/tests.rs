use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::{Search, SearchError};
use crate::desk::commands::NewMessage;
use crate::desk::{Actor, Change, Desk, DeskSettings, Message, Ticket};
use crate::store::memory::MemoryStore;
use crate::store::{Batch, FeedPosition, Space, Store};

/// A desk without mailboxes, and the store under it.
struct Bare {
    desk: Desk,
    store: Arc<MemoryStore>,
}

async fn bare_desk() -> Bare {
    let store = Arc::new(MemoryStore::default());
    let settings = DeskSettings {
        hostname: "mx.demo.test".to_owned(),
        dkim_dir: "/nonexistent".into(),
        reopen_days: 30,
        hold_seconds: 0,
        letter_size: 50 * 1024 * 1024,
        attachment_size: 36 * 1024 * 1024,
        count_dmarc: false,
        automatic: crate::config::Automatic::default(),
        public_url: String::new(),
    };
    Bare { desk: Desk::open(store.clone(), store.clone(), settings).await.unwrap(), store }
}

/// A desk, its search, and the task that follows.
struct Following {
    search: Search,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn follow(folder: &Path, desk: &Bare) -> Following {
    let search = Search::open(folder, &desk.desk).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let (follower, of) = (search.clone(), desk.desk.clone());
    let task = tokio::spawn(async move { follower.follow(of, stopped).await });
    Following { search, stop, task }
}

impl Following {
    async fn stop(self) {
        self.stop.send(true).unwrap();
        timeout(Duration::from_secs(10), self.task).await.expect("the follower stops").unwrap();
    }

    async fn find(&self, query: &str) -> Vec<u64> {
        self.search.query(query, None, 0, 50).await.unwrap().iter().map(|hit| hit.ticket).collect()
    }

    /// Waits until searches see a position.
    async fn reaches(&self, position: FeedPosition) {
        let mut seen = self.search.position();
        timeout(Duration::from_secs(20), seen.wait_for(|seen| *seen >= position))
            .await
            .expect("search follows")
            .unwrap();
    }
}

/// Stores a letter in a ticket of its own, as the desk does.
async fn put_letter(desk: &Bare, number: u64, text: &str) -> FeedPosition {
    let message =
        Message { id: number + 5_000, ticket: number, at: number, text: text.to_owned(), ..Message::default() };
    let ticket = Ticket { number, message_count: 1, ..Ticket::default() };
    let mut batch = Batch::new();
    batch
        .put(key(Space::Ticket, &[number]), record(&ticket))
        .put(key(Space::Message, &[number, message.id]), record(&message))
        .feed(Change::TicketCreated { ticket: number }.to_entry())
        .feed(Change::MessageAdded { ticket: number, message: message.id }.to_entry());
    desk.store.commit(batch).await.unwrap().position
}

fn key(space: Space, ids: &[u64]) -> Vec<u8> {
    [space as u8].into_iter().chain(ids.iter().flat_map(|id| id.to_be_bytes())).collect()
}

fn record<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    let mut record = vec![1];
    minicbor::encode(value, &mut record).unwrap();
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_found_within_a_second_of_its_commit() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    let following = follow(folder.path(), &desk).await;
    following.reaches(*desk.store.feed_hint().borrow()).await;

    put_letter(&desk, 1, "Где мой заказ SO-2024/000123?").await;
    let committed = Instant::now();
    while following.find("000123").await != [1] {
        assert!(committed.elapsed() < Duration::from_secs(1), "not found within a second");
        sleep(Duration::from_millis(5)).await;
    }
    let odd = |ticket: u64| ticket % 2 == 1;
    assert_eq!(following.search.query("заказ", Some(Arc::new(odd)), 0, 10).await.unwrap().len(), 1);
    assert!(
        following.search.query("заказ", Some(Arc::new(move |ticket| !odd(ticket))), 0, 10).await.unwrap().is_empty()
    );
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_found_too() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    put_letter(&desk, 1, "hello").await;
    let note = NewMessage { text: "ask the warehouse".to_owned(), ..NewMessage::default() };
    let written = desk.desk.note(&Actor::System, 1, note).await.unwrap();
    let following = follow(folder.path(), &desk).await;
    following.reaches(written.position).await;
    assert_eq!(following.find("warehouses").await, [1]);
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_without_text_move_the_position_too() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    let following = follow(folder.path(), &desk).await;
    let mut batch = Batch::new();
    batch.feed(Change::TicketUpdated { ticket: 1 }.to_entry());
    let position = desk.store.commit(batch).await.unwrap().position;
    following.reaches(position).await;
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_after_a_restart_leaves_each_letter_once() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    let mut last = FeedPosition::default();
    for number in 1..=20 {
        last = put_letter(&desk, number, "слон").await;
    }
    let following = follow(folder.path(), &desk).await;
    following.reaches(last).await;
    following.stop().await;

    // Back to an earlier position, as after a crash between tantivy's commit and the next start with an older folder.
    let search = Search::open(folder.path(), &desk.desk).await.unwrap();
    let writer = super::index::Writer::start(search.index().clone()).unwrap();
    writer.commit(FeedPosition(3)).await.unwrap();
    writer.stop().await;
    drop(search);

    let following = follow(folder.path(), &desk).await;
    assert_eq!(*following.search.position().borrow(), FeedPosition(3));
    following.reaches(last).await;
    assert_eq!(following.search.index().messages(), 20);
    assert_eq!(following.find("слон").await.len(), 20);
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_ahead_of_the_store_is_refused() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    let last = put_letter(&desk, 1, "слон").await;
    let following = follow(folder.path(), &desk).await;
    following.reaches(last).await;
    following.stop().await;

    let younger = bare_desk().await;
    let store = *younger.store.feed_hint().borrow();
    assert!(store < last);
    match Search::open(folder.path(), &younger.desk).await {
        Err(SearchError::Ahead { index, store: at }) => assert_eq!((index, at), (last.0, store.0)),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trimmed_feed_is_made_good_from_the_tickets() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    for number in 1..=450 {
        put_letter(&desk, number, "слон").await;
    }
    desk.store.trim_feed(FeedPosition(400)).await.unwrap();
    let last = put_letter(&desk, 451, "слон").await;
    let following = follow(folder.path(), &desk).await;
    following.reaches(last).await;
    assert_eq!(following.search.index().messages(), 451);
    assert_eq!(following.find("слон").await.len(), 50);
    following.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_dies_is_replaced_and_nothing_is_skipped() {
    let (folder, desk) = (TempDir::new().unwrap(), bare_desk().await);
    let first = put_letter(&desk, 1, "слон").await;
    let following = follow(folder.path(), &desk).await;
    following.reaches(first).await;

    // The folder goes away under the writer, and comes back.
    let (place, hidden) = (folder.path().join("schema-1"), folder.path().join("hidden"));
    tokio::fs::rename(&place, &hidden).await.unwrap();
    let second = put_letter(&desk, 2, "слон").await;
    let mut seen = following.search.position();
    let too_early = timeout(Duration::from_millis(600), seen.wait_for(|seen| *seen >= second)).await;
    assert!(too_early.is_err(), "nothing can be committed without a folder");
    tokio::fs::rename(&hidden, &place).await.unwrap();
    following.reaches(second).await;
    let mut found = following.find("слон").await;
    found.sort_unstable();
    assert_eq!(found, [1, 2]);
    following.stop().await;
}
