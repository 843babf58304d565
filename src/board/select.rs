//! Turns a filter into the bitmap of the tickets that pass it.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::columns::Columns;
use super::facet::Facet;
use super::filter::Filter;
use crate::rules::Priority;

const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

impl Columns {
    /// The slots of the tickets that pass a filter.
    pub(super) fn select(&self, filter: &Filter) -> Cow<'_, RoaringBitmap> {
        let mut parts = self.parts(filter);
        // The smallest first: what it leaves out need not be looked at again.
        parts.sort_by_key(|part| part.len());
        let mut parts = parts.into_iter();
        let mut selected = parts.next().unwrap_or(Cow::Borrowed(&self.everyone));
        for part in parts {
            *selected.to_mut() &= &*part;
        }
        self.created(filter, &selected).map_or(selected, Cow::Owned)
    }

    /// The parts of a filter that bitmaps or one column answer.
    fn parts(&self, filter: &Filter) -> Vec<Cow<'_, RoaringBitmap>> {
        let mut parts = Vec::new();
        if !filter.status.is_empty() {
            parts.push(self.any_of(filter.status.iter().copied().map(Facet::Status)));
        }
        if !filter.mailbox.is_empty() {
            parts.push(self.any_of(filter.mailbox.iter().copied().map(Facet::Mailbox)));
        }
        if let Some(least) = filter.min_priority {
            let urgent = PRIORITIES.into_iter().filter(|priority| *priority >= least);
            parts.push(self.any_of(urgent.map(Facet::Priority)));
        }
        parts.extend(filter.assignee.map(|assignee| self.any_of([Facet::Assignee(assignee)])));
        parts.extend(filter.group.map(|group| self.any_of([Facet::Group(group)])));
        parts.extend(filter.tag.clone().map(|tag| self.any_of([Facet::Tag(tag)])));
        parts.extend(filter.contact.map(|contact| Cow::Owned(self.of_contact(contact))));
        parts
    }

    fn any_of(&self, facets: impl IntoIterator<Item = Facet>) -> Cow<'_, RoaringBitmap> {
        let mut found = facets.into_iter().filter_map(|facet| self.facets.get(&facet));
        let Some(first) = found.next() else { return Cow::Owned(RoaringBitmap::new()) };
        let mut union = Cow::Borrowed(first);
        for next in found {
            *union.to_mut() |= next;
        }
        union
    }

    /// Of those selected, the tickets created in the filter's time; `None` where the filter has none.
    fn created(&self, filter: &Filter, selected: &RoaringBitmap) -> Option<RoaringBitmap> {
        if filter.created_after.is_none() && filter.created_before.is_none() {
            return None;
        }
        let created = filter.created_after.unwrap_or(0)..filter.created_before.unwrap_or(u64::MAX);
        Some(sorted(selected.iter().filter(|slot| created.contains(&self.created_at(*slot)))))
    }
}

/// A bitmap from slots in rising order.
pub(super) fn sorted(slots: impl Iterator<Item = u32>) -> RoaringBitmap {
    let mut bitmap = RoaringBitmap::new();
    // Fails only where the order does not rise; then what is right of it is missing.
    let _ = bitmap.append(slots);
    bitmap
}
