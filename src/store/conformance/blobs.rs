//! Blobs: what was kept comes back, whatever its size.

use std::sync::Arc;

use bytes::Bytes;

use super::super::{BlobHash, Blobs};

/// Content of a size: text that compresses, or noise that does not.
fn content(size: usize, noise: bool) -> Bytes {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_be_bytes());
    let mut content = vec![0; size];
    hasher.finalize_xof().fill(&mut content);
    if !noise {
        content.iter_mut().for_each(|byte| *byte = b'a' + *byte % 3);
    }
    content.into()
}

pub(in crate::store) async fn blobs_come_back(store: Arc<impl Blobs>) {
    for noise in [false, true] {
        for size in [0, 1, 2, 100, 6 * 1024, 64 * 1024, 64 * 1024 + 1, 1024 * 1024, 20 * 1024 * 1024] {
            let content = content(size, noise);
            let hash = store.keep(content.clone()).await.unwrap();
            assert_eq!(hash, BlobHash::of(&content));
            assert!(store.fetch(hash).await.unwrap().unwrap() == content, "{size} octets");
        }
    }
}

pub(in crate::store) async fn the_same_content_is_one_blob(store: Arc<impl Blobs>) {
    for content in [Bytes::new(), content(5000, true), content(300_000, false)] {
        let tasks = (0..8).map(|_| {
            let (store, content) = (store.clone(), content.clone());
            tokio::spawn(async move { store.keep(content).await.unwrap() })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap(), BlobHash::of(&content));
        }
        assert_eq!(store.fetch(BlobHash::of(&content)).await.unwrap(), Some(content));
    }
}

pub(in crate::store) async fn an_unknown_blob_is_none(store: Arc<impl Blobs>) {
    store.keep(content(100, true)).await.unwrap();
    assert_eq!(store.fetch(BlobHash([7; 32])).await.unwrap(), None);
}
