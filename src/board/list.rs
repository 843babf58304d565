//! One page of a list, in an order, behind a cursor.

use std::collections::BinaryHeap;
use std::ops::Bound;

use roaring::RoaringBitmap;

use super::MAX_PAGE;
use super::columns::Columns;
use super::filter::{Filter, Order, TicketPage};
use super::place::Place;
use crate::desk::DeskError;

/// How many steps a walk may take at least before the tickets are sorted instead.
const LEAST_WALK: usize = 1_000;

impl Columns {
    /// One page; the cursor is the `next` of the page before.
    pub(super) fn list(
        &self,
        filter: &Filter,
        order: Order,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<TicketPage, DeskError> {
        let after = cursor.map(|cursor| Place::from_cursor(order, cursor)).transpose()?;
        let limit = limit.clamp(1, MAX_PAGE);
        let selected = self.select(filter);
        // One more than asked shows whether there is a next page.
        let mut places = self
            .walk(&selected, order, after, limit + 1)
            .unwrap_or_else(|| self.pick(&selected, order, after, limit + 1));
        let next = (places.len() > limit).then(|| {
            places.truncate(limit);
            places.last().map(|last| last.to_cursor(order))
        });
        Ok(TicketPage {
            numbers: places.iter().map(|place| self.number(place.slot())).collect(),
            next: next.flatten(),
            total: selected.len(),
        })
    }

    /// Walks the order from the cursor on and takes what is selected: quick where much is selected. `None` where that takes
    /// more steps than sorting would.
    fn walk(&self, selected: &RoaringBitmap, order: Order, after: Option<Place>, count: usize) -> Option<Vec<Place>> {
        let steps = usize::try_from(selected.len()).unwrap_or(usize::MAX).max(LEAST_WALK);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut walk = self.places(order).range((start, Bound::Unbounded));
        let mut places = Vec::with_capacity(count);
        for _ in 0..steps {
            let Some(place) = walk.next() else { return Some(places) };
            if selected.contains(place.slot()) {
                places.push(*place);
                if places.len() == count {
                    return Some(places);
                }
            }
        }
        None
    }

    /// Looks at everything selected and keeps the first ones: quick where little is selected.
    fn pick(&self, selected: &RoaringBitmap, order: Order, after: Option<Place>, count: usize) -> Vec<Place> {
        let mut first = BinaryHeap::with_capacity(count + 1);
        for place in selected.iter().map(|slot| self.place(order, slot)) {
            if after.is_some_and(|after| place <= after) {
                continue;
            }
            if first.len() < count {
                first.push(place);
            } else if first.peek().is_some_and(|last| place < *last) {
                first.pop();
                first.push(place);
            }
        }
        first.into_sorted_vec()
    }
}
