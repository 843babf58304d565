//! Which rows one page of a scan covers, once the cursor and the space are taken into account.

use super::{Key, Range, StoreError, limits, prefix_end};

/// A half-open stretch of keys within one space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The first key (inclusive).
    pub start: Key,
    /// The end (exclusive).
    pub end: Key,
}

impl Bounds {
    /// What is left of a range behind its cursor; `None` when that is nothing.
    pub(super) fn of(range: &Range) -> Result<Option<Self>, StoreError> {
        limits::readable(&range.start)?;
        let mut start = range.start.clone();
        let mut end = range.end.clone().min(prefix_end(&range.start[..1]));
        match &range.after {
            Some(after) if range.descending => end = end.min(after.clone()),
            Some(after) => {
                let mut behind = after.clone();
                behind.push(0);
                start = start.max(behind);
            }
            None => {}
        }
        Ok((start < end).then_some(Self { start, end }))
    }
}

/// How many rows a page may have, given what was asked.
pub(super) fn page_rows(limit: usize) -> usize {
    limit.clamp(1, limits::MAX_PAGE_ROWS)
}
