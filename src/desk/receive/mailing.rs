//! What a letter means to a mailing: an answer, which is counted and tagged, or the wish for no more of them. Pure.

use super::apply::add_tags;
use super::decide::Case;
use super::plan::{Expect, Plan};
use crate::desk::codec::encode;
use crate::desk::commands::unsubscribed;
use crate::desk::{Change, Mailing, MailingPart, Ticket, keys};
use crate::store::StoreError;

/// Writes it down: on the ticket, and where somebody unsubscribes, on his row.
pub(super) fn note(case: &Case<'_>, ticket: &mut Ticket, plan: &mut Plan) -> Result<(), StoreError> {
    if let Some((mailing, place)) = case.question.unsubscribes {
        return unsubscribe(case, mailing, place, plan);
    }
    if !case.arrival.reading.is_from_person || case.arrival.is_apart() {
        return Ok(());
    }
    let at = case.arrival.at;
    if case.thread.joins.is_none()
        && let Some(followed) = case.thread.follows
        && let Some(followed) = case.seen.ticket(followed)?
        && let Some(part) = &followed.value.mailing
    {
        // The mailing was long ago, so its answer is a ticket of its own: it is an answer to the mailing all the same.
        ticket.mailing = Some(MailingPart { answered_at: None, ..part.clone() });
        let mut before = followed.value.clone();
        if let Some(part) = before.mailing.as_mut().filter(|part| part.answered_at.is_none()) {
            part.answered_at = Some(at);
            plan.change(Change::TicketUpdated { ticket: before.number });
            plan.put(keys::ticket(before.number), encode(&before), Expect::Version(followed.version));
        }
    }
    let Some(part) = &mut ticket.mailing else { return Ok(()) };
    if part.answered_at.is_none() {
        part.answered_at = Some(at);
        let tags = [part.tag.clone(), Mailing::answered_tag(&part.tag)];
        add_tags(ticket, &tags);
    }
    ticket.contact = ticket.contact.or(case.sender.contact());
    Ok(())
}

/// A letter to the address of `List-Unsubscribe` (RFC 2369 §3.2): the token in it says who. It counts also where the letter is kept
/// apart: nobody knows the token who did not have the mailing.
fn unsubscribe(case: &Case<'_>, mailing: u64, place: u16, plan: &mut Plan) -> Result<(), StoreError> {
    let Some(recipient) = case.seen.mailing_recipient(mailing, place)? else { return Ok(()) };
    let (after, row) = unsubscribed(&recipient.value, case.arrival.at);
    plan.put(keys::unsubscribed(&row.address), encode(&row), Expect::Anything);
    plan.put(keys::mailing_recipient(mailing, place.into()), encode(&after), Expect::Version(recipient.version));
    metrics::counter!("mxdesk_unsubscribed_total").increment(1);
    Ok(())
}
