//! Limits: what is beyond them is rejected, whole.

use std::sync::Arc;

use super::super::limits::{MAX_BATCH, MAX_KEY, MAX_TOKEN, MAX_VALUE};
use super::super::{Batch, CommitError, FeedEntry, FeedPosition, Range, Space, Store, Token};
use super::ticket;

/// The batch is rejected, and a row put by it is not there.
async fn rejected(store: &impl Store, mut batch: Batch) {
    batch.put(ticket(1), b"x".to_vec());
    let answer = store.commit(batch).await;
    assert!(matches!(answer, Err(CommitError::Rejected(_))), "{answer:?}");
    assert_eq!(store.get(&ticket(1)).await.unwrap(), None);
    assert_eq!(*store.feed_hint().borrow(), FeedPosition(0));
}

pub(in crate::store) async fn long_keys_are_rejected(store: Arc<impl Store>) {
    let mut longest = vec![7; MAX_KEY];
    longest[0] = Space::Reference as u8;
    let mut batch = Batch::new();
    batch.expect_absent(longest.clone()).put(longest.clone(), vec![1]);
    store.commit(batch).await.unwrap();
    assert!(store.get(&longest).await.unwrap().is_some());

    longest.push(7);
    let [mut put, mut delete, mut add, mut check] = std::array::from_fn(|_| Batch::new());
    put.put(longest.clone(), vec![1]);
    delete.delete(longest.clone());
    add.add(longest.clone(), 1);
    check.expect_absent(longest.clone());
    for batch in [put, delete, add, check] {
        rejected(&*store, batch).await;
    }
    assert!(store.get(&longest).await.is_err());
}

pub(in crate::store) async fn large_values_are_rejected(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(2), vec![1; MAX_VALUE + 1]);
    rejected(&*store, batch).await;
    let mut batch = Batch::new();
    batch.feed(FeedEntry(vec![1; MAX_VALUE + 1]));
    rejected(&*store, batch).await;
    let mut batch = Batch::new();
    batch.put(ticket(2), vec![1; MAX_VALUE]).feed(FeedEntry(vec![1; MAX_VALUE]));
    store.commit(batch).await.unwrap();
}

pub(in crate::store) async fn large_batches_are_rejected(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    for number in 10..26 {
        batch.put(ticket(number), vec![1; MAX_BATCH / 16]);
    }
    rejected(&*store, batch).await;
    let mut batch = Batch::new();
    for number in 10..25 {
        batch.put(ticket(number), vec![1; MAX_BATCH / 16]);
    }
    store.commit(batch).await.unwrap();
}

pub(in crate::store) async fn unknown_spaces_are_rejected(store: Arc<impl Store>) {
    for key in [vec![], vec![0x00, 1], vec![0xff, 1], vec![0x7f]] {
        let mut batch = Batch::new();
        batch.put(key.clone(), vec![1]);
        rejected(&*store, batch).await;
        assert!(store.get(&key).await.is_err());
        assert!(store.get_many(&[ticket(1), key.clone()]).await.is_err());
        let range = Range { start: key, end: vec![0xff, 0xff], after: None, descending: false };
        assert!(store.scan(&range, 1).await.is_err());
    }
}

pub(in crate::store) async fn the_spaces_of_the_store_are_closed(store: Arc<impl Store>) {
    for space in [Space::Feed, Space::Blob, Space::Token, Space::Meta] {
        let mut batch = Batch::new();
        batch.delete(vec![space as u8, 1]);
        rejected(&*store, batch).await;
        assert!(store.scan(&Range::prefix(&[space as u8]), 1).await.is_err());
    }
}

pub(in crate::store) async fn tokens_are_bounded(store: Arc<impl Store>) {
    for length in [0, MAX_TOKEN + 1] {
        let mut batch = Batch::new();
        batch.token(Token(vec![1; length]));
        rejected(&*store, batch).await;
    }
}
