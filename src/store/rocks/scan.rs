//! One page of a scan. The iterator lives and ends inside one synchronous call.

use std::sync::Arc;

use super::super::bounds::{Bounds, page_rows};
use super::super::{Page, Range, StoreError, limits};
use super::engine::{Engine, Reach, Unread, read, read_disk};
use super::value;

/// Larger pages go to `spawn_blocking` at once: even from memory they could take a worker for a millisecond.
const ROWS_IN_PLACE: usize = 128;
/// Deleted rows that an attempt in place passes over before it gives up, for the same reason.
const SKIPS_IN_PLACE: u64 = 1000;

pub(super) async fn scan(engine: &Arc<Engine>, range: &Range, limit: usize) -> Result<Page, StoreError> {
    let Some(bounds) = Bounds::of(range)? else { return Ok(Page::default()) };
    let (descending, limit) = (range.descending, page_rows(limit));
    let attempt = move |engine: &Engine, reach| page(engine, &bounds, descending, limit, reach);
    if limit <= ROWS_IN_PLACE { read(engine, attempt).await } else { read_disk(engine, attempt).await }
}

fn page(engine: &Engine, bounds: &Bounds, descending: bool, limit: usize, reach: Reach) -> Result<Page, Unread> {
    let family = engine.family(limits::readable(&bounds.start)?.family())?;
    let mut options = reach.options();
    options.set_iterate_range(bounds.start.as_slice()..bounds.end.as_slice());
    if reach == Reach::Memory {
        options.set_max_skippable_internal_keys(SKIPS_IN_PLACE);
    }
    let mut iterator = engine.db.raw_iterator_cf_opt(family, options);
    if descending {
        iterator.seek_to_last()
    } else {
        iterator.seek_to_first()
    }

    let mut page = Page::default();
    let mut size = 0;
    while let Some((key, row)) = iterator.item() {
        if page.rows.len() == limit || size > limits::MAX_PAGE_BYTES {
            page.next = page.rows.last().map(|(key, _)| key.clone());
            return Ok(page);
        }
        size += key.len() + row.len();
        page.rows.push((key.to_vec(), value::decode(row)?));
        if descending { iterator.prev() } else { iterator.next() }
    }
    iterator.status()?;
    Ok(page)
}
