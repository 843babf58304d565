//! Facets: what a ticket has that others have too (a status, a tag, a mailbox …). Each facet has a bitmap of the tickets that
//! have it; each ticket has the list of its facets, so that an update touches only the bitmaps that change.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use crate::desk::Ticket;
use crate::rules::{Priority, Status};

/// Something that a ticket has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Facet {
    Status(Status),
    Priority(Priority),
    Mailbox(u64),
    /// `None`: nobody's.
    Assignee(Option<u64>),
    /// `None`: no group's.
    Group(Option<u64>),
    /// A tag's path, or one above it.
    Tag(String),
}

/// A facet's number on this board.
pub(super) type FacetId = u32;

/// Every facet seen, with its tickets.
#[derive(Default)]
pub(super) struct Facets {
    ids: HashMap<Facet, FacetId>,
    tickets: Vec<RoaringBitmap>,
}

impl Facets {
    /// The numbers of a ticket's facets, sorted, each once.
    pub(super) fn of(&mut self, ticket: &Ticket) -> Box<[FacetId]> {
        let mut ids = vec![
            self.id(Facet::Status(ticket.status)),
            self.id(Facet::Priority(ticket.priority)),
            self.id(Facet::Mailbox(ticket.mailbox)),
            self.id(Facet::Assignee(ticket.assignee)),
            self.id(Facet::Group(ticket.group)),
        ];
        for tag in &ticket.tags {
            let above = tag.match_indices('/').map(|(end, _)| &tag[..end]);
            for path in above.chain([tag.as_str()]) {
                ids.push(self.id(Facet::Tag(path.to_owned())));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids.into_boxed_slice()
    }

    /// Moves a ticket from the facets that it had to those that it has now.
    pub(super) fn replace(&mut self, slot: u32, had: &[FacetId], has: &[FacetId]) {
        for id in had.iter().filter(|id| has.binary_search(id).is_err()) {
            self.tickets_mut(*id).remove(slot);
        }
        for id in has.iter().filter(|id| had.binary_search(id).is_err()) {
            self.tickets_mut(*id).insert(slot);
        }
    }

    /// The tickets that have a facet; `None` where no ticket ever had it.
    pub(super) fn get(&self, facet: &Facet) -> Option<&RoaringBitmap> {
        self.tickets.get(*self.ids.get(facet)? as usize)
    }

    /// Every facet with its tickets.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Facet, &RoaringBitmap)> {
        self.ids.iter().filter_map(|(facet, id)| Some((facet, self.tickets.get(*id as usize)?)))
    }

    fn id(&mut self, facet: Facet) -> FacetId {
        // More than u32::MAX facets cannot be: each takes more than one octet of memory for each of them.
        let next = FacetId::try_from(self.tickets.len()).unwrap_or(FacetId::MAX);
        let id = *self.ids.entry(facet).or_insert(next);
        if id == next {
            self.tickets.push(RoaringBitmap::new());
        }
        id
    }

    fn tickets_mut(&mut self, id: FacetId) -> &mut RoaringBitmap {
        &mut self.tickets[id as usize]
    }
}
