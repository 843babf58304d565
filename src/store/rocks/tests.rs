//! What only a store on disk can promise: reopening, crashes, disks that fill.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::TempDir;

use super::RocksStore;
use super::engine::{Reach, Unread};
use crate::store::{
    Batch, BlobHash, Blobs, CommitError, Durability, FeedEntry, FeedPosition, Health, Key, Space, Store, StoreError,
    Token, Versioned,
};

crate::store::conformance::suite!({
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    (folder, store)
});

fn ticket(number: u64) -> Key {
    [&[Space::Ticket as u8], number.to_be_bytes().as_slice()].concat()
}

/// Writes something of each kind; answers the ticket's row.
async fn fill(store: &RocksStore) -> Versioned {
    store.keep(Bytes::from_static(b"a letter")).await.unwrap();
    store.keep(Bytes::from(vec![7; 3 << 20])).await.unwrap();
    let mut batch = Batch::new();
    batch.put(ticket(1), b"one".to_vec()).add(vec![Space::Counter as u8, b'c'], 5).token(Token(b"letter".to_vec()));
    for entry in 1..=6_u8 {
        batch.feed(FeedEntry(vec![entry]));
    }
    store.commit(batch).await.unwrap();
    store.trim_feed(FeedPosition(2)).await.unwrap();
    // Syncs the trim.
    let mut last = Batch::new();
    last.put(ticket(2), Vec::new());
    store.commit(last).await.unwrap();
    store.get(&ticket(1)).await.unwrap().unwrap()
}

/// Finds all of it again, and goes on from there.
async fn verify(store: &RocksStore, row: &Versioned) {
    assert_eq!(store.get(&ticket(1)).await.unwrap().as_ref(), Some(row));
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(6));
    let trimmed = store.feed(FeedPosition(1), 9).await;
    assert!(matches!(trimmed, Err(StoreError::FeedTrimmed { oldest: FeedPosition(2) })), "{trimmed:?}");
    let records = store.feed(FeedPosition(2), 9).await.unwrap();
    assert_eq!(records.iter().map(|record| record.entry.0[0]).collect::<Vec<_>>(), [3, 4, 5, 6]);
    for content in [b"a letter".to_vec(), vec![7; 3 << 20]] {
        assert_eq!(store.fetch(BlobHash::of(&content)).await.unwrap().unwrap(), content);
    }

    let mut again = Batch::new();
    again.token(Token(b"letter".to_vec())).put(ticket(1), b"twice".to_vec());
    let answer = store.commit(again).await.unwrap();
    assert!(answer.repeated && answer.version == row.version && answer.position == FeedPosition(6));

    let mut next = Batch::new();
    next.expect_version(ticket(1), row.version).put(ticket(1), b"two".to_vec()).feed(FeedEntry(vec![7]));
    let answer = store.commit(next).await.unwrap();
    assert!(answer.version > row.version, "versions go on");
    assert_eq!(answer.position, FeedPosition(7), "positions go on");
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let row = fill(&store).await;
    drop(store);
    let store = RocksStore::open(folder.path(), 0).unwrap();
    verify(&store, &row).await;
}

#[tokio::test]
async fn a_crash_keeps_what_was_synced() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let row = fill(&store).await;
    // The files as a crash of the process would leave them now.
    let crashed = TempDir::new().unwrap();
    copy(folder.path(), crashed.path());
    let crashed = RocksStore::open(crashed.path(), 0).unwrap();
    verify(&crashed, &row).await;
}

#[tokio::test]
async fn a_torn_log_loses_whole_batches_only() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    for number in 1..=20_u8 {
        let mut batch = Batch::new();
        batch.put(ticket(1), vec![number; 100]).put(ticket(2), vec![number; 100]).feed(FeedEntry(vec![number]));
        store.commit(batch).await.unwrap();
    }
    for torn in [1, 50, 400, 1000] {
        let crashed = TempDir::new().unwrap();
        copy(folder.path(), crashed.path());
        let log = std::fs::read_dir(crashed.path()).unwrap().map(|entry| entry.unwrap().path());
        let log = log.filter(|path| path.extension().is_some_and(|extension| extension == "log")).max().unwrap();
        let file = std::fs::OpenOptions::new().write(true).open(log).unwrap();
        file.set_len(file.metadata().unwrap().len() - torn).unwrap();

        let crashed = RocksStore::open(crashed.path(), 0).unwrap();
        let rows = crashed.get_many(&[ticket(1), ticket(2)]).await.unwrap();
        let last = rows[0].as_ref().unwrap().value[0];
        assert_eq!(rows[0], rows[1], "half a batch");
        assert!(last < 20, "nothing was torn off");
        assert_eq!(*crashed.feed_hint().borrow(), FeedPosition(u64::from(last)));
        assert_eq!(crashed.feed(FeedPosition(0), 99).await.unwrap().len(), usize::from(last));
    }
}

#[tokio::test]
async fn a_full_disk_is_announced_and_still_takes_commits() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), u64::MAX).unwrap();
    assert_eq!(store.health(), Health::LowDisk);
    let mut batch = Batch::new();
    batch.put(ticket(1), b"delivered".to_vec());
    store.commit(batch).await.unwrap();
    drop(store);
    let store = RocksStore::open(folder.path(), 1).unwrap();
    assert_eq!(store.health(), Health::Ready);
}

#[tokio::test]
async fn a_closed_gate_rejects_until_a_write_succeeds() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    store.engine.gate.close("a test");
    assert_eq!(store.health(), Health::Failed);
    let mut batch = Batch::new();
    batch.put(ticket(1), Vec::new());
    assert!(matches!(store.commit(batch.clone()).await, Err(CommitError::Rejected(_))));
    assert!(matches!(store.keep(Bytes::from_static(b"x")).await, Err(CommitError::Rejected(_))));
    let deadline = Instant::now() + Duration::from_secs(20);
    while store.health() != Health::Ready {
        assert!(Instant::now() < deadline, "the gate stays closed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_write_that_fails_is_unknown_and_closes_the_gate() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    fill(&store).await;
    // The log cannot be continued in a folder that is gone: RocksDB finds out when it begins a new one.
    std::fs::remove_dir_all(folder.path()).unwrap();
    let state = store.engine.family(crate::store::Family::State).unwrap();
    store.engine.db.flush_cf(state).unwrap_err();
    let mut batch = Batch::new();
    batch.put(ticket(3), b"x".to_vec()).feed(FeedEntry(b"x".to_vec()));
    let answer = store.commit(batch.clone()).await;
    assert!(matches!(answer, Err(CommitError::Unknown(_))), "{answer:?}");
    assert_eq!(store.health(), Health::Failed);
    assert_eq!(store.get(&ticket(3)).await.unwrap(), None);
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(6), "the hint is not ahead");
    assert!(matches!(store.commit(batch).await, Err(CommitError::Rejected(_))));
}

#[tokio::test]
async fn a_second_process_is_told_so() {
    let folder = TempDir::new().unwrap();
    let _store = RocksStore::open(folder.path(), 0).unwrap();
    let refused = RocksStore::open(folder.path(), 0).err().unwrap().to_string();
    assert!(refused.contains("another process has the store"), "{refused}");
}

#[tokio::test]
async fn a_newer_store_is_refused_with_advice() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let family = store.engine.family(crate::store::Family::Misc).unwrap();
    store.engine.db.put_cf(family, super::meta::Row::Schema.key(), 2_u64.to_be_bytes()).unwrap();
    drop(store);
    let refused = RocksStore::open(folder.path(), 0).err().unwrap().to_string();
    assert!(refused.contains("newer mxdesk") && refused.contains("start that version"), "{refused}");
}

#[tokio::test]
async fn what_left_memory_is_read_from_disk() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let row = fill(&store).await;
    for family in [crate::store::Family::State, crate::store::Family::Feed, crate::store::Family::Blob] {
        store.engine.db.flush_cf(store.engine.family(family).unwrap()).unwrap();
    }
    drop(store);
    // A fresh block cache: the first attempt of each read is incomplete.
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let family = store.engine.family(crate::store::Family::State).unwrap();
    let in_memory = store.engine.db.get_cf_opt(family, ticket(1), &Reach::Memory.options());
    assert!(matches!(Unread::from(in_memory.unwrap_err()), Unread::Incomplete));
    let page = store.scan(&crate::store::Range::prefix(&[Space::Ticket as u8]), 10).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    verify(&store, &row).await;
}

#[tokio::test]
async fn a_damaged_blob_is_not_handed_out() {
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let hash = store.keep(Bytes::from_static(b"the engraving says MARIA")).await.unwrap();
    let key = [&[Space::Blob as u8], hash.0.as_slice()].concat();
    let family = store.engine.family(crate::store::Family::Blob).unwrap();
    let bomb = [&[1], (1_u64 << 60).to_be_bytes().as_slice(), b"x"].concat();
    for damaged in [b"".to_vec(), bomb, [&[0; 9], b"the engraving says MARTA".as_slice()].concat(), vec![9; 20]] {
        store.engine.db.put_cf(family, &key, damaged).unwrap();
        assert!(matches!(store.fetch(hash).await, Err(StoreError::Corrupt(_))));
    }
}

/// Dozens of sessions at once share syncs: the rate is printed, and a floor far below it is asserted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_share_syncs() {
    const SESSIONS: u64 = 64;
    const EACH: u64 = 20;
    let folder = TempDir::new().unwrap();
    let store = RocksStore::open(folder.path(), 0).unwrap();
    let began = Instant::now();
    let sessions = (0..SESSIONS).map(|session| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for round in 0..EACH {
                let number = (session << 32) + (round << 8);
                let letter = format!("Message-ID: <{number}@example.com>\r\n").repeat(150);
                store.keep(letter.into()).await.unwrap();
                let mut batch = Batch::new();
                for part in 0..10 {
                    batch.expect_absent(ticket(number + part)).put(ticket(number + part), vec![1; 1000]);
                }
                batch.feed(FeedEntry(vec![1; 100])).durability(Durability::Synced);
                store.commit(batch).await.unwrap();
            }
        })
    });
    for session in sessions.collect::<Vec<_>>() {
        session.await.unwrap();
    }
    let rate = SESSIONS * EACH * 1000 / u64::try_from(began.elapsed().as_millis()).unwrap().max(1);
    println!("{rate} letters a second");
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(SESSIONS * EACH));
    assert!(rate > 50, "{rate} letters a second");
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "LOCK" {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
