//! What a letter does to its ticket: opens one, or joins one. Pure.

use super::apply::set_status;
use super::arrival::Arrival;
use super::bounds::{self, ADDRESS, NAME, SUBJECT, cut, cut_chars};
use crate::desk::{Message, Ticket};
use crate::mail::Address;
use crate::rules::Status;

/// Addresses that took part in one ticket, at most.
const PARTICIPANTS: usize = 50;

/// A new ticket without its first message.
pub(super) fn open(number: u64, mailbox: u64, contact: Option<u64>, follows: Option<u64>, arrival: &Arrival) -> Ticket {
    let letter = &arrival.reading.letter;
    let (requester, requester_address) = requester(arrival);
    let mut ticket = Ticket {
        number,
        mailbox,
        subject: cut_chars(&letter.subject, SUBJECT).to_owned(),
        status: Status::New,
        contact,
        created_at: arrival.at,
        waiting_since: Some(arrival.at),
        follows,
        requester,
        requester_address,
        ..Ticket::default()
    };
    // Who is answered at his Reply-To takes part with that address too.
    if let Some(address) = reply_to(arrival) {
        takes_part(&mut ticket, &address.key());
    }
    ticket
}

/// Adds a message to a ticket: the times, counts and signs that lists show.
pub(super) fn add(ticket: &mut Ticket, message: &Message, arrival: &Arrival) {
    ticket.updated_at = arrival.at;
    ticket.last_message_at = arrival.at;
    ticket.message_count = ticket.message_count.saturating_add(1);
    ticket.snippet = bounds::snippet(&message.text);
    ticket.has_attachments |= message.attachments.iter().any(|attachment| !attachment.inline);
    ticket.needs_eyes |= message.needs_eyes.is_some();
    if let Some(from) = &arrival.from {
        takes_part(ticket, from);
    }
}

/// What the letter itself does to the state of a ticket that it joins. A person's letter opens it, and so does a bounce, for
/// a person must see it; what a machine wrote changes nothing, or holiday notices would open every ticket again.
pub(super) fn reopen(ticket: &mut Ticket, arrival: &Arrival) {
    let reading = &arrival.reading;
    let opens = reading.bounce.is_some() || reading.robot.is_none();
    if !opens || ticket.status == Status::Spam {
        return;
    }
    if ticket.status != Status::New {
        set_status(ticket, Status::Open, arrival.at);
    }
    ticket.waiting_since.get_or_insert(arrival.at);
}

/// Who wrote, as shown, and where answers go (RFC 5322 §3.6.2): name and address.
fn requester(arrival: &Arrival) -> (String, String) {
    let from = arrival.reading.letter.from.as_ref();
    let fallback = if arrival.envelope_from.is_empty() { None } else { Some(arrival.envelope_from.as_str()) };
    let from_address = from.map(|from| from.address.as_str()).filter(|address| !address.is_empty()).or(fallback);
    let name = from.and_then(|from| from.name.as_deref()).filter(|name| !name.trim().is_empty());
    let shown = name.or(from_address).unwrap_or("(unknown)");
    let valid_from = from_address.filter(|address| Address::parse(address).is_ok()).or(fallback);
    let address = match reply_to(arrival) {
        Some(reply_to) => reply_to.as_str().to_owned(),
        None => valid_from.unwrap_or_default().to_owned(),
    };
    (cut_chars(shown, NAME).to_owned(), cut(&address, ADDRESS).to_owned())
}

fn reply_to(arrival: &Arrival) -> Option<Address> {
    Address::parse(&arrival.reading.letter.reply_to.as_ref()?.address).ok()
}

fn takes_part(ticket: &mut Ticket, address: &str) {
    let known = ticket.participants.iter().any(|participant| participant == address);
    if !known && ticket.participants.len() < PARTICIPANTS {
        ticket.participants.push(address.to_owned());
    }
}
