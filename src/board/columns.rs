//! The tickets in columns: a slot for each, its number and times in vectors, its facets, its place in every order.

use std::collections::{BTreeSet, HashMap};

use roaring::RoaringBitmap;

use super::facet::{FacetId, Facets};
use super::filter::Order;
use super::place::{Place, Times};
use super::select::sorted;
use crate::desk::Ticket;

/// No contact.
const NO_CONTACT: u64 = u64::MAX;

/// Every ticket's state. A ticket keeps its slot; tickets are never removed.
#[derive(Default)]
pub(super) struct Columns {
    slots: HashMap<u64, u32>,
    pub(super) everyone: RoaringBitmap,
    numbers: Vec<u64>,
    times: Vec<Times>,
    contacts: Vec<u64>,
    facets_of: Vec<Box<[FacetId]>>,
    pub(super) facets: Facets,
    /// One for each of [`Order::ALL`].
    orders: [BTreeSet<Place>; 3],
}

impl Columns {
    /// Takes a ticket's present state. Taking it again changes nothing.
    pub(super) fn upsert(&mut self, ticket: &Ticket) {
        let times = Times {
            created_at: ticket.created_at,
            last_message_at: ticket.last_message_at,
            waiting_since: ticket.waiting_since.unwrap_or(u64::MAX),
        };
        let contact = ticket.contact.unwrap_or(NO_CONTACT);
        let facets = self.facets.of(ticket);
        match self.slots.get(&ticket.number) {
            Some(&slot) => {
                let index = slot as usize;
                self.facets.replace(slot, &self.facets_of[index], &facets);
                self.facets_of[index] = facets;
                self.contacts[index] = contact;
                let had = std::mem::replace(&mut self.times[index], times);
                if had != times {
                    self.order(ticket.number, slot, Some(&had), &times);
                }
            }
            None => {
                // Four thousand million tickets are beyond any memory that holds their columns.
                let Ok(slot) = u32::try_from(self.numbers.len()) else { return };
                self.slots.insert(ticket.number, slot);
                self.everyone.insert(slot);
                self.numbers.push(ticket.number);
                self.times.push(times);
                self.contacts.push(contact);
                self.facets.replace(slot, &[], &facets);
                self.facets_of.push(facets);
                self.order(ticket.number, slot, None, &times);
            }
        }
    }

    /// A ticket's slot.
    pub(super) fn slot(&self, number: u64) -> Option<u32> {
        self.slots.get(&number).copied()
    }

    /// The number of the ticket in a slot.
    pub(super) fn number(&self, slot: u32) -> u64 {
        self.numbers[slot as usize]
    }

    /// When the ticket in a slot was created, Unix milliseconds.
    pub(super) fn created_at(&self, slot: u32) -> u64 {
        self.times[slot as usize].created_at
    }

    /// The slots of a contact's tickets. One pass over one column: an index would cost more memory than it saves time.
    pub(super) fn of_contact(&self, contact: u64) -> RoaringBitmap {
        let slots = (0u32..).zip(&self.contacts);
        sorted(slots.filter(|(_, has)| **has == contact && contact != NO_CONTACT).map(|(slot, _)| slot))
    }

    /// The place in an order of the ticket in a slot.
    pub(super) fn place(&self, order: Order, slot: u32) -> Place {
        Place::new(order, &self.times[slot as usize], self.number(slot), slot)
    }

    /// Every place of an order, first one first.
    pub(super) fn places(&self, order: Order) -> &BTreeSet<Place> {
        &self.orders[order.index()]
    }

    fn order(&mut self, number: u64, slot: u32, had: Option<&Times>, has: &Times) {
        for order in Order::ALL {
            let place = Place::new(order, has, number, slot);
            let old = had.map(|had| Place::new(order, had, number, slot));
            if old == Some(place) {
                continue;
            }
            let places = &mut self.orders[order.index()];
            if let Some(old) = old {
                places.remove(&old);
            }
            places.insert(place);
        }
    }
}
