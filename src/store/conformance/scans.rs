//! Scans: pages in key order, both ways, from a cursor.

use std::sync::Arc;

use super::super::{Batch, Key, Range, Space, Store, limits};
use super::{counter, ticket};

async fn fill(store: &impl Store, numbers: impl Iterator<Item = u64>) {
    let mut batch = Batch::new();
    for number in numbers {
        batch.put(ticket(number), number.to_string().into_bytes());
    }
    store.commit(batch).await.unwrap();
}

/// Every key of a range, page by page, and the number of pages.
async fn walk(store: &impl Store, mut range: Range, limit: usize) -> (Vec<Key>, usize) {
    let mut keys = Vec::new();
    for pages in 1.. {
        let page = store.scan(&range, limit).await.unwrap();
        assert!(page.rows.len() <= limit);
        if page.next.is_some() {
            assert_eq!(page.next.as_ref(), page.rows.last().map(|(key, _)| key));
        }
        keys.extend(page.rows.into_iter().map(|(key, _)| key));
        match page.next {
            Some(next) => range.after = Some(next),
            None => return (keys, pages),
        }
    }
    unreachable!()
}

fn tickets(start: u64, end: u64, descending: bool) -> Range {
    Range { start: ticket(start), end: ticket(end), after: None, descending }
}

pub(in crate::store) async fn pages_ascend(store: Arc<impl Store>) {
    fill(&*store, [5, 1, 300, 2, 256, 70_000].into_iter()).await;
    let page = store.scan(&tickets(2, 300, false), 10).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|(key, row)| (key.clone(), row.value.as_slice())).collect();
    assert_eq!(rows, [(ticket(2), b"2".as_slice()), (ticket(5), b"5"), (ticket(256), b"256")]);
    assert_eq!(page.next, None);
    assert!(page.rows.iter().all(|(_, row)| row.version > 0));
    let everything = Range::prefix(&[Space::Ticket as u8]);
    let expected: Vec<_> = [1, 2, 5, 256, 300, 70_000].map(ticket).into();
    for limit in 1..8 {
        assert_eq!(walk(&*store, everything.clone(), limit).await, (expected.clone(), 6_usize.div_ceil(limit)));
    }
    assert_eq!(store.scan(&everything, 0).await.unwrap().rows.len(), 1, "a limit of 0 counts as 1");
    assert_eq!(store.scan(&tickets(9, 9, false), 5).await.unwrap().rows, []);
    assert_eq!(store.scan(&tickets(10, 9, false), 5).await.unwrap().rows, []);
}

pub(in crate::store) async fn pages_descend(store: Arc<impl Store>) {
    fill(&*store, 1..=6).await;
    assert_eq!(walk(&*store, tickets(2, 6, true), 2).await, ([5, 4, 3, 2].map(ticket).into(), 2));
    let everything = Range { descending: true, ..Range::prefix(&[Space::Ticket as u8]) };
    for limit in 1..8 {
        let (keys, pages) = walk(&*store, everything.clone(), limit).await;
        assert_eq!((keys, pages), ([6, 5, 4, 3, 2, 1].map(ticket).into(), 6_usize.div_ceil(limit)));
    }
}

pub(in crate::store) async fn a_cursor_goes_on(store: Arc<impl Store>) {
    fill(&*store, (1..=9).filter(|number| *number != 5)).await;
    // The cursor's row may be gone, and the cursor may lie outside the range.
    for (after, expected) in [(5, &[6, 7][..]), (6, &[7]), (7, &[]), (0, &[3, 4, 6, 7]), (100, &[])] {
        let range = Range { after: Some(ticket(after)), ..tickets(3, 8, false) };
        let expected: Vec<_> = expected.iter().copied().map(ticket).collect();
        assert_eq!(walk(&*store, range, 10).await.0, expected, "behind {after}");
    }
    for (after, expected) in [(5, &[4, 3][..]), (4, &[3]), (3, &[]), (100, &[7, 6, 4, 3]), (0, &[])] {
        let range = Range { after: Some(ticket(after)), ..tickets(3, 8, true) };
        let expected: Vec<_> = expected.iter().copied().map(ticket).collect();
        assert_eq!(walk(&*store, range, 10).await.0, expected, "below {after}");
    }
}

pub(in crate::store) async fn a_scan_stays_in_its_space(store: Arc<impl Store>) {
    fill(&*store, [1, u64::MAX].into_iter()).await;
    let mut batch = Batch::new();
    batch
        .put(counter("a"), vec![0; 8])
        .put(vec![Space::Message as u8], vec![1])
        .put(vec![Space::Contact as u8], vec![2]);
    store.commit(batch).await.unwrap();
    let beyond = Range { end: vec![0xff], ..Range::prefix(&[Space::Ticket as u8]) };
    assert_eq!(walk(&*store, beyond.clone(), 10).await.0, [ticket(1), ticket(u64::MAX)]);
    let down = Range { descending: true, ..beyond };
    assert_eq!(walk(&*store, down, 10).await.0, [ticket(u64::MAX), ticket(1)]);
    assert_eq!(walk(&*store, Range::prefix(&[Space::Message as u8]), 10).await.0, [vec![Space::Message as u8]]);
}

pub(in crate::store) async fn large_pages_end_early(store: Arc<impl Store>) {
    for chunk in 0..10_u64 {
        let mut batch = Batch::new();
        for number in 0..15 {
            batch.put(ticket(chunk * 15 + number), vec![7; limits::MAX_VALUE]);
        }
        store.commit(batch).await.unwrap();
    }
    let page = store.scan(&Range::prefix(&[Space::Ticket as u8]), 1000).await.unwrap();
    let size: usize = page.rows.iter().map(|(_, row)| row.value.len()).sum();
    assert!(page.next.is_some() && size <= limits::MAX_PAGE_BYTES + limits::MAX_VALUE, "{size} octets");
    assert_eq!(walk(&*store, Range::prefix(&[Space::Ticket as u8]), 1000).await.0.len(), 150);
}
