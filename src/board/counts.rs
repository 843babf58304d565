//! How many tickets pass a filter, by status, mailbox and assignee.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::columns::Columns;
use super::facet::Facet;
use super::filter::{Counts, Filter};

impl Columns {
    /// The counts; what no ticket has is absent.
    pub(super) fn counts(&self, filter: &Filter) -> Counts {
        let selected = self.select(filter);
        let mut counts = Counts { total: selected.len(), ..Counts::default() };
        let all = selected.len() == self.everyone.len();
        let count = |tickets: &RoaringBitmap| if all { tickets.len() } else { tickets.intersection_len(&selected) };
        for (facet, tickets) in self.facets.iter() {
            match facet {
                Facet::Status(status) => add(&mut counts.status, *status, count(tickets)),
                Facet::Mailbox(mailbox) => add(&mut counts.mailbox, *mailbox, count(tickets)),
                Facet::Assignee(assignee) => add(&mut counts.assignee, *assignee, count(tickets)),
                Facet::Priority(_) | Facet::Group(_) | Facet::Tag(_) => {}
            }
        }
        counts
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, count: u64) {
    if count > 0 {
        counts.insert(key, count);
    }
}
