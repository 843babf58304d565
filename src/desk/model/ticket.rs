//! A ticket: one thread of messages with its state.

use minicbor::{Decode, Encode};

use super::MailingPart;
use crate::rules::{Priority, Status};

/// A ticket's state. Its version (for `If-Match`) is the store's.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Ticket {
    /// Unique in the whole desk.
    #[n(0)]
    pub number: u64,
    /// The mailbox that it came to.
    #[n(1)]
    pub mailbox: u64,
    /// The first letter's subject; at most 998 characters.
    #[n(2)]
    pub subject: String,
    /// Where it stands.
    #[n(3)]
    pub status: Status,
    /// How urgent it is.
    #[n(4)]
    pub priority: Priority,
    /// Who works on it.
    #[n(5)]
    pub assignee: Option<u64>,
    /// Which department.
    #[n(6)]
    pub group: Option<u64>,
    /// What it is about.
    #[n(7)]
    pub category: Option<String>,
    /// Tag paths, sorted, without repetition; at most 100.
    #[n(8)]
    pub tags: Vec<String>,
    /// The customer.
    #[n(9)]
    pub contact: Option<u64>,
    /// Identifiers found in its letters, as first written; at most 100.
    #[n(10)]
    pub references: Vec<String>,
    /// Unix milliseconds.
    #[n(11)]
    pub created_at: u64,
    /// Last change of any kind, Unix milliseconds.
    #[n(12)]
    pub updated_at: u64,
    /// Last message that people exchange (or report of a failed delivery), Unix milliseconds.
    #[n(13)]
    pub last_message_at: u64,
    /// Since when the customer waits for us, Unix milliseconds; `None` when we answered last.
    #[n(14)]
    pub waiting_since: Option<u64>,
    /// When it was last closed or solved, Unix milliseconds.
    #[n(15)]
    pub closed_at: Option<u64>,
    /// How many messages; mxdesk's own records of changes are not counted.
    #[n(16)]
    pub message_count: u32,
    /// The first new line of the last message; at most 200 characters.
    #[n(17)]
    pub snippet: String,
    /// Any message has an attachment.
    #[n(18)]
    pub has_attachments: bool,
    /// Addresses (as keys) that took part; at most 50. What step (d) of threading asks.
    #[n(19)]
    pub participants: Vec<String>,
    /// The closed ticket that this one follows; for a letter that was kept apart, the ticket that it would have joined.
    #[n(20)]
    pub follows: Option<u64>,
    /// A letter in it could not be read as it should.
    #[n(21)]
    pub needs_eyes: bool,
    /// The customer as shown: name, or address.
    #[n(22)]
    pub requester: String,
    /// The customer's address.
    #[n(23)]
    pub requester_address: String,
    /// The mailing that opened it.
    #[n(24)]
    pub mailing: Option<MailingPart>,
}

impl Ticket {
    /// It is a letter of a mailing that nobody has answered or worked on: what becomes of that letter is counted with the mailing,
    /// and opens nothing, or one mailing would fill the operators' list.
    pub fn is_quiet(&self) -> bool {
        self.status == Status::Closed && self.mailing.as_ref().is_some_and(|part| part.answered_at.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_that_were_stored_before_there_were_mailings_are_read() {
        let old = Ticket { number: 7, requester: "Ivan".to_owned(), ..Ticket::default() };
        let part = MailingPart { mailing: 3, tag: "autumn".to_owned(), answered_at: Some(9) };
        let new = Ticket { mailing: Some(part), ..old.clone() };
        let stored = minicbor::to_vec(&new).unwrap();
        assert_eq!(minicbor::decode::<Ticket>(&stored).unwrap(), new);
        // As it was written then: 24 fields (0x98 and a count begin an array).
        assert_eq!(stored[..2], [0x98, 25]);
        let mut decoder = minicbor::Decoder::new(&stored);
        decoder.array().unwrap();
        (0..24).for_each(|_| decoder.skip().unwrap());
        let before = [&[0x98, 24], &stored[2..decoder.position()]].concat();
        assert_eq!(minicbor::decode::<Ticket>(&before).unwrap(), old);
    }
}
