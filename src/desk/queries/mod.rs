//! The queries: what is read by id or by a short scan. Lists and counts are `board`'s, text is `search`'s.

mod ledger;

use bytes::Bytes;

use super::{Actor, Contact, Delivery, Desk, DeskError, Message, Ticket};
use crate::rules::Trace;

pub use ledger::LedgerQuery;

/// A ticket with everything its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// For `If-Match`.
    pub version: u64,
    /// The customer.
    pub contact: Option<Contact>,
    /// Its messages, oldest first.
    pub messages: Vec<MessageView>,
}

/// A message with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    /// The message.
    pub message: Message,
    /// The rules that were evaluated for it.
    pub traces: Vec<Trace>,
    /// Its deliveries, for an outbound one.
    pub deliveries: Vec<Delivery>,
}

#[allow(unused_variables, reason = "bodies come next")]
impl Desk {
    /// A ticket's state alone, with its version: for followers.
    pub async fn ticket(&self, number: u64) -> Result<Option<(Ticket, u64)>, DeskError> {
        todo!("desk-commands")
    }

    /// Many tickets' states, in the order asked, missing ones left out: for lists.
    pub async fn tickets(&self, numbers: &[u64]) -> Result<Vec<Ticket>, DeskError> {
        todo!("desk-commands")
    }

    /// Every ticket from `after` on, by number, at most `limit`: for rebuilding what follows the feed.
    pub async fn scan_tickets(&self, after: u64, limit: usize) -> Result<Vec<Ticket>, DeskError> {
        todo!("desk-commands")
    }

    /// One message: for followers.
    pub async fn message(&self, ticket: u64, message: u64) -> Result<Option<Message>, DeskError> {
        todo!("desk-commands")
    }

    /// A ticket's messages, oldest first: for followers.
    pub async fn messages(&self, ticket: u64) -> Result<Vec<Message>, DeskError> {
        todo!("desk-commands")
    }

    /// A ticket with all its messages.
    pub async fn ticket_view(&self, actor: &Actor, number: u64) -> Result<TicketView, DeskError> {
        todo!("desk-commands")
    }

    /// A message by its id alone.
    pub async fn message_by_id(&self, actor: &Actor, message: u64) -> Result<Message, DeskError> {
        todo!("desk-commands")
    }

    /// A message's raw source. `NotFound` for notes.
    pub async fn message_source(&self, actor: &Actor, message: u64) -> Result<Bytes, DeskError> {
        todo!("desk-commands")
    }

    /// Deliveries due at or before `now` (Unix milliseconds), earliest first, seeking from the due time and id of `after`, so
    /// that no tombstone is read twice.
    pub async fn due_deliveries(&self, now: u64, after: (u64, u64), limit: usize) -> Result<Vec<Delivery>, DeskError> {
        todo!("desk-commands")
    }

    /// When the earliest delivery in the queue is due; `None` for an empty queue.
    pub async fn next_due(&self) -> Result<Option<u64>, DeskError> {
        todo!("desk-commands")
    }
}
