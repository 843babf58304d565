//! The feed: gapless, in the order of the commits, trimmed only on request.

use std::sync::Arc;

use super::super::{Batch, CommitError, FeedEntry, FeedPosition, Store, StoreError};
use super::ticket;

/// Everything behind a position, page by page.
async fn all(store: &impl Store, after: FeedPosition) -> Vec<(u64, Vec<u8>)> {
    let mut records = Vec::new();
    let mut after = after;
    loop {
        let page = store.feed(after, 7).await.unwrap();
        assert!(page.len() <= 7);
        let Some(last) = page.last() else { return records };
        after = last.position;
        records.extend(page.into_iter().map(|record| (record.position.0, record.entry.0)));
    }
}

async fn append(store: &impl Store, entries: &[&str]) -> FeedPosition {
    let mut batch = Batch::new();
    for entry in entries {
        batch.feed(FeedEntry(entry.as_bytes().to_vec()));
    }
    store.commit(batch).await.unwrap().position
}

pub(in crate::store) async fn the_feed_is_ordered_and_gapless(store: Arc<impl Store>) {
    assert_eq!(store.feed(FeedPosition(0), 10).await.unwrap(), []);
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(0));
    assert_eq!(append(&*store, &["a", "b", "c"]).await, FeedPosition(3));
    let mut quiet = Batch::new();
    quiet.put(ticket(1), b"x".to_vec());
    assert_eq!(store.commit(quiet).await.unwrap().position, FeedPosition(3), "the end of the feed");
    assert_eq!(append(&*store, &["", "e"]).await, FeedPosition(5));

    let records = all(&*store, FeedPosition(0)).await;
    let expected = [(1, "a"), (2, "b"), (3, "c"), (4, ""), (5, "e")].map(|(at, text)| (at, text.as_bytes().to_vec()));
    assert_eq!(records, expected);
    assert_eq!(all(&*store, FeedPosition(3)).await, expected[3..]);
    assert_eq!(all(&*store, FeedPosition(5)).await, []);
    assert_eq!(all(&*store, FeedPosition(500)).await, []);
    assert_eq!(store.feed(FeedPosition(1), 2).await.unwrap().len(), 2);
}

pub(in crate::store) async fn concurrent_commits_leave_no_gap(store: Arc<impl Store>) {
    let tasks = (0_u8..32).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut ends = Vec::new();
            for round in 0_u8..5 {
                let mut batch = Batch::new();
                for part in 0..3 {
                    batch.feed(FeedEntry(vec![task, round, part]));
                }
                ends.push((task, round, store.commit(batch).await.unwrap().position.0));
            }
            ends
        })
    });
    let mut ends = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        ends.extend(task.await.unwrap());
    }
    let records = all(&*store, FeedPosition(0)).await;
    assert_eq!(records.len(), 32 * 5 * 3);
    assert!(records.iter().zip(1..).all(|((position, _), expected)| *position == expected), "a gap");
    for (task, round, end) in ends {
        let index = usize::try_from(end).unwrap();
        let written: Vec<_> = records[index - 3..index].iter().map(|(_, entry)| entry.clone()).collect();
        assert_eq!(written, [vec![task, round, 0], vec![task, round, 1], vec![task, round, 2]]);
    }
}

pub(in crate::store) async fn a_rejected_batch_leaves_no_gap(store: Arc<impl Store>) {
    append(&*store, &["a"]).await;
    let mut conflict = Batch::new();
    conflict.expect_version(ticket(1), 1).feed(FeedEntry(b"never".to_vec()));
    assert!(matches!(store.commit(conflict).await, Err(CommitError::Conflict)));
    let mut rejected = Batch::new();
    rejected.put(Vec::new(), Vec::new()).feed(FeedEntry(b"never".to_vec()));
    assert!(matches!(store.commit(rejected).await, Err(CommitError::Rejected(_))));
    assert_eq!(append(&*store, &["b"]).await, FeedPosition(2));
    assert_eq!(all(&*store, FeedPosition(0)).await, [(1, b"a".to_vec()), (2, b"b".to_vec())]);
}

pub(in crate::store) async fn the_hint_is_never_ahead(store: Arc<impl Store>) {
    let mut hint = store.feed_hint();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..100 {
                append(&*store, &["x", "y"]).await;
            }
        }
    });
    let mut newest = FeedPosition(0);
    while newest < FeedPosition(200) {
        hint.changed().await.unwrap();
        let hinted = *hint.borrow_and_update();
        assert!(hinted >= newest, "the hint went back");
        newest = hinted;
        let last = store.feed(FeedPosition(hinted.0 - 1), 1).await.unwrap();
        assert_eq!(last[0].position, hinted);
    }
    writer.await.unwrap();
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(200), "a new follower sees the newest at once");
}

pub(in crate::store) async fn a_trimmed_feed_says_so(store: Arc<impl Store>) {
    for _ in 0..10 {
        append(&*store, &["x"]).await;
    }
    store.trim_feed(FeedPosition(4)).await.unwrap();
    for after in 0..4 {
        let answer = store.feed(FeedPosition(after), 5).await;
        assert!(matches!(answer, Err(StoreError::FeedTrimmed { oldest: FeedPosition(4) })), "{answer:?}");
    }
    assert_eq!(all(&*store, FeedPosition(4)).await.len(), 6);

    store.trim_feed(FeedPosition(2)).await.unwrap();
    assert_eq!(all(&*store, FeedPosition(4)).await.len(), 6, "trimming never goes back");

    store.trim_feed(FeedPosition(1000)).await.unwrap();
    assert_eq!(all(&*store, FeedPosition(10)).await, []);
    assert_eq!(append(&*store, &["y"]).await, FeedPosition(11), "positions are not used again");
    assert_eq!(all(&*store, FeedPosition(10)).await, [(11, b"y".to_vec())]);
}
