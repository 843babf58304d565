//! A complaint about a letter of ours (RFC 5965): who complained gets no automatic mail any more, and the ticket says so. Pure.

use super::bounds::{SHORT, cut};
use super::decide::Case;
use super::numbers::Numbers;
use super::plan::{Expect, Plan};
use crate::desk::codec::encode;
use crate::desk::commands::suppression;
use crate::desk::ticket_state::system_message;
use crate::desk::{Change, Delivery, SuppressionReason, Ticket, keys};
use crate::mail::Address;
use crate::mail::bounce::Complaint;
use crate::store::StoreError;

/// Writes down what a complaint that bears our mark says.
pub(super) fn note_complaint(
    case: &Case<'_>,
    numbers: &Numbers,
    ticket: &mut Ticket,
    plan: &mut Plan,
) -> Result<(), StoreError> {
    let (Some(reported), Some(complaint)) = (&case.question.reported, &case.arrival.reading.complaint) else {
        return Ok(());
    };
    let at = case.arrival.at;
    let deliveries = case.seen.deliveries(reported.message)?;
    let deliveries: Vec<&Delivery> = deliveries.iter().map(|delivery| &delivery.value).collect();
    let Some(address) = complainer(&deliveries, reported.return_path.as_deref(), complaint) else { return Ok(()) };
    let reporter = complaint.reporter.as_deref().or(case.arrival.from.as_deref()).unwrap_or_default();
    let kind = cut(&complaint.kind, SHORT);
    let text =
        format!("{address} complained about a message of this ticket ({kind}, reported by {})", cut(reporter, SHORT));
    let days = case.settings.automatic.complained_days;
    let row = suppression(&address.key(), SuppressionReason::Complained, &text, at, days, Some(ticket.number));
    plan.put(keys::suppression(&address.key()), encode(&row), Expect::Anything);
    let text = format!("{text}: it gets no automatic mail any more");
    let message = system_message(numbers.complaint, ticket.number, at, text, None);
    plan.put(keys::message(ticket.number, message.id), encode(&message), Expect::Anything);
    plan.put(keys::message_ticket(message.id), encode(&ticket.number), Expect::Anything);
    plan.change(Change::MessageAdded { ticket: ticket.number, message: message.id });
    metrics::counter!("mxdesk_complaints_total").increment(1);
    Ok(())
}

/// Who complained: the recipient of the delivery that the return path names; without one, the one that the report names, or the only
/// one there was.
fn complainer(deliveries: &[&Delivery], return_path: Option<&str>, complaint: &Complaint) -> Option<Address> {
    let by_path = deliveries
        .iter()
        .filter(|delivery| return_path.is_some_and(|path| delivery.envelope_from.to_lowercase() == path));
    let by_path: Vec<_> = by_path.collect();
    let named = deliveries.iter().find(|delivery| {
        let recipient = delivery.recipient.to_lowercase();
        complaint.recipients.iter().any(|named| named.to_lowercase() == recipient)
    });
    let only = match (&by_path[..], deliveries) {
        ([one], _) => Some(**one),
        (_, [one]) => Some(*one),
        _ => None,
    };
    Address::parse(&only.or(named.copied())?.recipient).ok()
}
