//! What a ticket's fields do together: a status brings its times with it.

use super::{Message, MessageKind, Ticket};
use crate::rules::Status;

/// Characters of a ticket's snippet.
const SNIPPET: usize = 200;
/// Addresses that are remembered as taking part.
const PARTICIPANTS: usize = 50;

/// Sets the status and the times that follow from it: `closed_at` of solved and closed tickets, `waiting_since` of those
/// that are ours to work on.
pub(in crate::desk) fn set_status(ticket: &mut Ticket, status: Status, now: u64) {
    let was_done = matches!(ticket.status, Status::Solved | Status::Closed);
    match status {
        // Someone gave it back to us: the customer waits from now on, unless he did already.
        Status::New | Status::Open => {
            if ticket.status != status {
                ticket.waiting_since = ticket.waiting_since.or(Some(now));
            }
            ticket.closed_at = None;
        }
        // We wait for the customer.
        Status::Pending => {
            ticket.waiting_since = None;
            ticket.closed_at = None;
        }
        // We wait for a third, and the customer for us: his waiting goes on.
        Status::OnHold => ticket.closed_at = None,
        Status::Solved | Status::Closed => {
            ticket.waiting_since = None;
            if !was_done || ticket.status != status {
                ticket.closed_at = Some(now);
            }
        }
        Status::Spam => {
            ticket.waiting_since = None;
            ticket.closed_at = None;
        }
    }
    ticket.status = status;
}

/// Counts a message that people exchange, and shows it in lists.
pub(in crate::desk) fn add_message(ticket: &mut Ticket, message: &Message) {
    ticket.message_count = ticket.message_count.saturating_add(1);
    show_message(ticket, message);
}

/// Shows a message in lists: its time and its first line.
pub(in crate::desk) fn show_message(ticket: &mut Ticket, message: &Message) {
    ticket.last_message_at = ticket.last_message_at.max(message.at);
    ticket.updated_at = ticket.updated_at.max(message.at);
    ticket.snippet = snippet(&message.text);
}

/// Remembers addresses (as keys) that take part, as long as there is room.
pub(in crate::desk) fn add_participants(ticket: &mut Ticket, addresses: impl IntoIterator<Item = String>) {
    for address in addresses {
        if ticket.participants.len() < PARTICIPANTS && !ticket.participants.contains(&address) {
            ticket.participants.push(address);
        }
    }
}

/// mxdesk's own record on a ticket.
pub(in crate::desk) fn system_message(id: u64, ticket: u64, at: u64, text: String, author: Option<u64>) -> Message {
    Message { id, ticket, kind: MessageKind::System, at, text, author, ..Message::default() }
}

/// The first line that is not empty.
fn snippet(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(SNIPPET).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::answered(Status::Open, Some(5), None, Status::Pending, None, None)]
    #[case::put_aside(Status::Open, Some(5), None, Status::OnHold, Some(5), None)]
    #[case::solved(Status::Open, Some(5), None, Status::Solved, None, Some(9))]
    #[case::closed_after_solved(Status::Solved, None, Some(7), Status::Closed, None, Some(9))]
    #[case::closed_again(Status::Closed, None, Some(7), Status::Closed, None, Some(7))]
    #[case::opened_again(Status::Closed, None, Some(7), Status::Open, Some(9), None)]
    #[case::looked_at(Status::New, Some(5), None, Status::Open, Some(5), None)]
    #[case::stays_open(Status::Open, None, None, Status::Open, None, None)]
    #[case::thrown_away(Status::New, Some(5), None, Status::Spam, None, None)]
    fn a_status_brings_its_times(
        #[case] from: Status,
        #[case] waiting_since: Option<u64>,
        #[case] closed_at: Option<u64>,
        #[case] to: Status,
        #[case] waiting_then: Option<u64>,
        #[case] closed_then: Option<u64>,
    ) {
        let mut ticket = Ticket { status: from, waiting_since, closed_at, ..Ticket::default() };
        set_status(&mut ticket, to, 9);
        assert_eq!((ticket.status, ticket.waiting_since, ticket.closed_at), (to, waiting_then, closed_then));
    }

    #[test]
    fn a_message_is_shown_by_its_first_line() {
        let mut ticket = Ticket { last_message_at: 3, ..Ticket::default() };
        let text = format!("\n  {}\nsecond", "ж".repeat(300));
        add_message(&mut ticket, &Message { at: 9, text, ..Message::default() });
        assert_eq!((ticket.message_count, ticket.last_message_at, ticket.updated_at), (1, 9, 9));
        assert_eq!(ticket.snippet, "ж".repeat(200));
    }
}
