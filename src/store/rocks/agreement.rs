//! Random histories: whatever is asked, RocksDB answers what memory answers.

use proptest::prelude::*;
use tempfile::TempDir;

use super::RocksStore;
use crate::store::memory::MemoryStore;
use crate::store::{
    Batch, CommitError, Committed, FeedEntry, FeedPosition, FeedRecord, Key, Page, Range, Space, Store, Token,
};

/// One part of a batch. Few keys, so that parts meet.
#[derive(Clone, Debug)]
enum Part {
    Put(u8, u8),
    Delete(u8),
    Add(u8, i64),
    ExpectAbsent(u8),
    /// The key's version as it is now, minus some.
    ExpectVersion(u8, u64),
    Feed(u8),
    Token(u8),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => (0..6_u8, any::<u8>()).prop_map(|(key, value)| Part::Put(key, value)),
        2 => (0..6_u8).prop_map(Part::Delete),
        3 => (4..8_u8, prop_oneof![Just(1), Just(-3), Just(i64::MAX)]).prop_map(|(key, delta)| Part::Add(key, delta)),
        1 => (0..8_u8).prop_map(Part::ExpectAbsent),
        1 => (0..8_u8, 0..2_u64).prop_map(|(key, less)| Part::ExpectVersion(key, less)),
        2 => any::<u8>().prop_map(Part::Feed),
        1 => (0..6_u8).prop_map(Part::Token),
    ]
}

fn key(number: u8) -> Key {
    // Two families, so that a batch crosses them.
    let space = if number.is_multiple_of(2) { Space::Ticket } else { Space::Counter };
    vec![space as u8, number]
}

async fn batch(parts: &[Part], model: &MemoryStore) -> Batch {
    let mut batch = Batch::new();
    for part in parts {
        match *part {
            Part::Put(number, value) => batch.put(key(number), vec![value; usize::from(value % 12)]),
            Part::Delete(number) => batch.delete(key(number)),
            Part::Add(number, delta) => batch.add(key(number), delta),
            Part::ExpectAbsent(number) => batch.expect_absent(key(number)),
            Part::ExpectVersion(number, less) => {
                let version = model.get(&key(number)).await.unwrap().map_or(1, |row| row.version);
                batch.expect_version(key(number), version - less.min(version))
            }
            Part::Feed(entry) => batch.feed(FeedEntry(vec![entry])),
            Part::Token(token) => batch.token(Token(vec![token])),
        };
    }
    batch
}

/// An answer in a form that can be compared.
fn comparable(answer: Result<Committed, CommitError>) -> Result<Committed, String> {
    answer.map_err(|error| error.to_string())
}

/// Everything that can be read.
async fn everything(store: &dyn Store) -> (Vec<Page>, Vec<FeedRecord>) {
    let mut rows = Vec::new();
    for space in [Space::Ticket, Space::Counter] {
        for descending in [false, true] {
            let range = Range { descending, ..Range::prefix(&[space as u8]) };
            rows.push(store.scan(&range, 1000).await.unwrap());
        }
    }
    (rows, store.feed(FeedPosition(0), 1000).await.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rocks_and_memory_agree(history in prop::collection::vec(prop::collection::vec(part(), 1..6), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let rocks = RocksStore::open(folder.path(), 0).unwrap();
        let memory = MemoryStore::new();
        runtime.block_on(async {
            for parts in &history {
                let batch = batch(parts, &memory).await;
                let expected = comparable(memory.commit(batch.clone()).await);
                assert_eq!(comparable(rocks.commit(batch).await), expected);
            }
            assert_eq!(everything(&*rocks).await, everything(&*memory).await);
        });
    }
}
