//! Who wrote, as a contact: found by the From address, or made with the letter.

use super::arrival::Arrival;
use super::bounds::{NAME, cut_chars};
use super::plan::{Expect, Plan};
use crate::desk::codec::encode;
use crate::desk::{Contact, Directory, keys};
use crate::mail::AuthResult;

/// The contact of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// None: a report or complaint is nobody's, and neither is a letter without a valid From address, or one that is kept apart.
    Nobody,
    /// One who has written before.
    Known(u64),
    /// One who writes for the first time, under the id that was leased for him.
    New(u64),
}

impl Sender {
    /// The contact's id.
    pub(super) fn contact(&self) -> Option<u64> {
        match self {
            Sender::Nobody => None,
            Sender::Known(id) | Sender::New(id) => Some(*id),
        }
    }
}

/// The address by which the sender is a contact.
pub(super) fn address(arrival: &Arrival) -> Option<&str> {
    let reading = &arrival.reading;
    let is_nobodys = reading.report.is_some() || reading.complaint.is_some() || arrival.is_apart();
    if is_nobodys { None } else { arrival.from.as_deref() }
}

/// The rows of a new contact.
pub(super) fn add(sender: &Sender, arrival: &Arrival, directory: &Directory, plan: &mut Plan) {
    let (Sender::New(id), Some(address)) = (sender, address(arrival)) else { return };
    let name = arrival.reading.letter.from.as_ref().and_then(|from| from.name.as_deref());
    let domain = address.rsplit('@').next().unwrap_or_default();
    let contact = Contact {
        id: *id,
        name: name.map(|name| cut_chars(name, NAME).to_owned()),
        addresses: vec![address.to_owned()],
        // Who only claims to be a colleague is none.
        internal: arrival.authentication.dmarc.result == AuthResult::Pass && directory.domains.contains_key(domain),
        created_at: arrival.at,
    };
    plan.put(keys::contact(*id), encode(&contact), Expect::Absent);
    plan.put(keys::contact_address(address), encode(id), Expect::Absent);
}
