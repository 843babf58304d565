//! Batches: atomic, checked, serialisable, recognised when repeated.

use std::sync::Arc;

use super::super::{Batch, CommitError, FeedEntry, FeedPosition, Store, Token};
use super::{count, counter, ticket, value};

pub(in crate::store) async fn a_put_is_read_back(store: Arc<impl Store>) {
    assert_eq!(store.get(&ticket(1)).await.unwrap(), None);
    let mut batch = Batch::new();
    batch.put(ticket(1), b"one".to_vec()).put(ticket(2), Vec::new());
    let committed = store.commit(batch).await.unwrap();
    assert!(committed.version > 0 && !committed.repeated);
    let row = store.get(&ticket(1)).await.unwrap().unwrap();
    assert_eq!((row.value.as_slice(), row.version), (b"one".as_slice(), committed.version));
    assert_eq!(value(&*store, &ticket(2)).await.unwrap(), Some(Vec::new()));

    let mut batch = Batch::new();
    batch.delete(ticket(1)).delete(ticket(3));
    store.commit(batch).await.unwrap();
    assert_eq!(store.get(&ticket(1)).await.unwrap(), None);
}

pub(in crate::store) async fn a_batch_is_whole(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(1), b"state".to_vec()).add(counter("misc"), 4).feed(FeedEntry(b"change".to_vec()));
    batch.put(vec![0x40, 1], b"queue".to_vec()).put(vec![0x20, 1], b"index".to_vec());
    let committed = store.commit(batch).await.unwrap();
    assert_eq!(committed.position, FeedPosition(1));
    let rows = store.get_many(&[ticket(1), counter("misc"), vec![0x40, 1], vec![0x20, 1]]).await.unwrap();
    assert!(rows.iter().all(|row| row.as_ref().unwrap().version == committed.version), "{rows:?}");
    assert_eq!(store.feed(FeedPosition(0), 10).await.unwrap().len(), 1);
}

pub(in crate::store) async fn absent_is_checked(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.expect_absent(ticket(1)).put(ticket(1), b"first".to_vec());
    store.commit(batch.clone()).await.unwrap();
    assert!(matches!(store.commit(batch.clone()).await, Err(CommitError::Conflict)));
    let mut delete = Batch::new();
    delete.delete(ticket(1));
    store.commit(delete).await.unwrap();
    store.commit(batch).await.unwrap();
}

pub(in crate::store) async fn version_is_checked(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(1), b"a".to_vec());
    let first = store.commit(batch).await.unwrap().version;

    let mut rewrite = Batch::new();
    rewrite.expect_version(ticket(1), first).put(ticket(1), b"b".to_vec());
    store.commit(rewrite.clone()).await.unwrap();
    assert!(matches!(store.commit(rewrite).await, Err(CommitError::Conflict)), "the version is used up");
    assert_eq!(value(&*store, &ticket(1)).await.unwrap().unwrap(), b"b");

    let mut missing = Batch::new();
    missing.expect_version(ticket(9), first).put(ticket(9), b"c".to_vec());
    assert!(matches!(store.commit(missing).await, Err(CommitError::Conflict)), "an absent key has no version");
}

pub(in crate::store) async fn a_failed_check_applies_nothing(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(1), b"kept".to_vec()).feed(FeedEntry(b"one".to_vec()));
    store.commit(batch).await.unwrap();

    let mut batch = Batch::new();
    batch.expect_absent(ticket(2)).expect_absent(ticket(1)).token(Token(b"refused".to_vec()));
    batch.put(ticket(2), b"x".to_vec()).delete(ticket(1)).add(counter("c"), 1).feed(FeedEntry(b"two".to_vec()));
    assert!(matches!(store.commit(batch.clone()).await, Err(CommitError::Conflict)));
    assert_eq!(value(&*store, &ticket(1)).await.unwrap().unwrap(), b"kept");
    assert_eq!(store.get_many(&[ticket(2), counter("c")]).await.unwrap(), [None, None]);
    assert_eq!(store.feed(FeedPosition(0), 10).await.unwrap().len(), 1);

    let mut delete = Batch::new();
    delete.delete(ticket(1));
    store.commit(delete).await.unwrap();
    assert!(!store.commit(batch).await.unwrap().repeated, "the refused batch's token was kept");
}

pub(in crate::store) async fn versions_change_with_each_put_and_add(store: Arc<impl Store>) {
    let mut seen = Vec::new();
    for key in [ticket(1), counter("c")] {
        for _ in 0..3 {
            let mut batch = Batch::new();
            if key == ticket(1) {
                batch.put(key.clone(), b"same".to_vec())
            } else {
                batch.add(key.clone(), 0)
            };
            let committed = store.commit(batch).await.unwrap();
            let row = store.get(&key).await.unwrap().unwrap();
            assert_eq!(row.version, committed.version);
            seen.push(row.version);
        }
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");

    // A key that was deleted and made again has not its old version.
    let mut delete = Batch::new();
    delete.delete(ticket(1));
    store.commit(delete).await.unwrap();
    let mut again = Batch::new();
    again.put(ticket(1), b"same".to_vec());
    assert!(store.commit(again).await.unwrap().version > *seen.last().unwrap());
}

pub(in crate::store) async fn later_operations_win(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(1), b"a".to_vec()).put(ticket(1), b"b".to_vec());
    batch.put(ticket(2), b"a".to_vec()).delete(ticket(2));
    batch.delete(ticket(3)).put(ticket(3), b"c".to_vec());
    batch.add(counter("c"), 2).add(counter("c"), 3);
    store.commit(batch).await.unwrap();
    assert_eq!(value(&*store, &ticket(1)).await.unwrap().unwrap(), b"b");
    assert_eq!(value(&*store, &ticket(2)).await.unwrap(), None);
    assert_eq!(value(&*store, &ticket(3)).await.unwrap().unwrap(), b"c");
    assert_eq!(count(&*store, &counter("c")).await, 5);
}

pub(in crate::store) async fn an_add_counts(store: Arc<impl Store>) {
    for (delta, expected) in [(5, 5), (-7, -2), (i64::MAX, i64::MAX - 2)] {
        let mut batch = Batch::new();
        batch.add(counter("c"), delta);
        store.commit(batch).await.unwrap();
        assert_eq!(count(&*store, &counter("c")).await, expected);
    }
}

pub(in crate::store) async fn an_add_to_no_counter_is_rejected(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.put(ticket(1), b"text".to_vec()).add(counter("full"), i64::MAX);
    store.commit(batch).await.unwrap();
    for key in [ticket(1), counter("full")] {
        let mut batch = Batch::new();
        batch.put(ticket(2), b"x".to_vec()).add(key, 1);
        assert!(matches!(store.commit(batch).await, Err(CommitError::Rejected(_))));
        assert_eq!(store.get(&ticket(2)).await.unwrap(), None);
    }
}

pub(in crate::store) async fn a_repeated_token_applies_nothing(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.token(Token(b"letter 1".to_vec())).add(counter("c"), 1);
    batch.feed(FeedEntry(b"a".to_vec())).feed(FeedEntry(b"b".to_vec()));
    let first = store.commit(batch.clone()).await.unwrap();
    let mut other = Batch::new();
    other.feed(FeedEntry(b"c".to_vec()));
    store.commit(other).await.unwrap();

    // Even with a check that no longer holds: the answer is that of the first time.
    batch.expect_absent(counter("c"));
    let second = store.commit(batch).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!((second.position, second.version), (first.position, first.version));
    assert_eq!(count(&*store, &counter("c")).await, 1);
    assert_eq!(store.feed(FeedPosition(0), 10).await.unwrap().len(), 3);

    // At the same time, too: exactly one is applied.
    let mut batch = Batch::new();
    batch.token(Token(b"letter 2".to_vec())).add(counter("c"), 1);
    let tasks = (0..16).map(|_| {
        let (store, batch) = (store.clone(), batch.clone());
        tokio::spawn(async move { store.commit(batch).await.unwrap() })
    });
    let mut applied = 0;
    for task in tasks.collect::<Vec<_>>() {
        applied += usize::from(!task.await.unwrap().repeated);
    }
    assert_eq!(applied, 1);
    assert_eq!(count(&*store, &counter("c")).await, 2);
}

pub(in crate::store) async fn a_token_outlasts_the_rows_it_wrote(store: Arc<impl Store>) {
    let mut batch = Batch::new();
    batch.token(Token(vec![0xff; 64])).put(ticket(1), b"x".to_vec());
    store.commit(batch.clone()).await.unwrap();
    let mut delete = Batch::new();
    delete.delete(ticket(1));
    store.commit(delete).await.unwrap();
    assert!(store.commit(batch).await.unwrap().repeated);
    assert_eq!(store.get(&ticket(1)).await.unwrap(), None);
}

pub(in crate::store) async fn many_keys_are_one_snapshot(store: Arc<impl Store>) {
    let keys: Vec<_> = (0..20).map(ticket).collect();
    let writer = tokio::spawn({
        let (store, keys) = (store.clone(), keys.clone());
        async move {
            for round in 0_u64..200 {
                let mut batch = Batch::new();
                for key in &keys {
                    batch.put(key.clone(), round.to_be_bytes().to_vec());
                }
                store.commit(batch).await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        let rows = store.get_many(&keys).await.unwrap();
        assert!(rows.windows(2).all(|pair| pair[0] == pair[1]), "rows of two commits: {rows:?}");
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    let asked = [ticket(3), ticket(99), ticket(3)];
    let rows = store.get_many(&asked).await.unwrap();
    assert!(rows[0].is_some() && rows[1].is_none() && rows[0] == rows[2]);
    assert_eq!(store.get_many(&[]).await.unwrap(), []);
}

pub(in crate::store) async fn increments_are_serialisable(store: Arc<impl Store>) {
    const TASKS: u64 = 8;
    const EACH: u64 = 25;
    let tasks = (0..TASKS).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                loop {
                    let mut batch = Batch::new();
                    let before = match store.get(&ticket(1)).await.unwrap() {
                        Some(row) => {
                            batch.expect_version(ticket(1), row.version);
                            u64::from_be_bytes(row.value.try_into().unwrap())
                        }
                        None => {
                            batch.expect_absent(ticket(1));
                            0
                        }
                    };
                    batch.put(ticket(1), (before + 1).to_be_bytes().to_vec());
                    match store.commit(batch).await {
                        Ok(_) => break,
                        Err(CommitError::Conflict) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let end = value(&*store, &ticket(1)).await.unwrap().unwrap();
    assert_eq!(u64::from_be_bytes(end.try_into().unwrap()), TASKS * EACH);
}

pub(in crate::store) async fn adds_never_conflict(store: Arc<impl Store>) {
    let tasks = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut batch = Batch::new();
            batch.add(counter("c"), 3);
            store.commit(batch).await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(count(&*store, &counter("c")).await, 192);
}
