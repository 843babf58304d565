//! What a letter does to its ticket: opens one, or joins one. Pure.

use super::arrival::Arrival;
use super::bounds::{ADDRESS, NAME, SUBJECT, cut, cut_chars};
use crate::desk::ticket_state::{add_message, add_participants, set_status};
use crate::desk::{Message, Ticket};
use crate::rules::Status;

/// A new ticket without its first message.
pub(super) fn open(number: u64, mailbox: u64, contact: Option<u64>, follows: Option<u64>, arrival: &Arrival) -> Ticket {
    let letter = &arrival.reading.letter;
    let (requester, requester_address) = requester(arrival);
    Ticket {
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
    }
}

/// Adds a message to a ticket: the times, counts and signs that lists show.
pub(super) fn add(ticket: &mut Ticket, message: &Message, arrival: &Arrival) {
    add_message(ticket, message);
    ticket.has_attachments |= message.attachments.iter().any(|attachment| !attachment.inline);
    ticket.needs_eyes |= message.needs_eyes.is_some();
    add_participants(ticket, arrival.from.clone());
}

/// What the letter itself does to the state of a ticket that it joins. A person's letter opens it, and so does a bounce, for
/// a person must see it (but of a mailing, where it is counted); what a machine wrote changes nothing, or holiday notices would open every ticket again.
pub(super) fn reopen(ticket: &mut Ticket, arrival: &Arrival) {
    let reading = &arrival.reading;
    let opens = reading.is_from_person || reading.failure().is_some() && !ticket.is_quiet();
    if !opens || ticket.status == Status::Spam {
        return;
    }
    if ticket.status != Status::New {
        set_status(ticket, Status::Open, arrival.at);
    }
    ticket.waiting_since.get_or_insert(arrival.at);
}

/// Who wrote, as shown, and his address: those of From, or the envelope sender where there is no From.
fn requester(arrival: &Arrival) -> (String, String) {
    let from = arrival.reading.letter.from.as_ref();
    let envelope = Some(arrival.envelope_from.as_str()).filter(|address| !address.is_empty());
    let written = from.map(|from| from.address.as_str()).filter(|address| !address.is_empty());
    let name = from.and_then(|from| from.name.as_deref()).filter(|name| !name.trim().is_empty());
    let shown = name.or(written).or(envelope).unwrap_or("(unknown)");
    let address = arrival.from.as_ref().and(written).or(envelope).unwrap_or_default();
    (cut_chars(shown, NAME).to_owned(), cut(address, ADDRESS).to_owned())
}
