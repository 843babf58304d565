//! A ticket with everything its page shows.

use std::collections::HashMap;

use crate::desk::codec::decode;
use crate::desk::{Actor, Contact, Delivery, Desk, DeskError, Message, MessageKind, Ticket, keys, rows};
use crate::rules::Trace;
use crate::store::Key;

/// Messages of one view.
const MESSAGES: usize = 500;
/// Deliveries of one message: a reply has at most 21 recipients.
const DELIVERIES: usize = 100;

/// A ticket with everything its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketView {
    /// The ticket.
    pub ticket: Ticket,
    /// For `If-Match`.
    pub version: u64,
    /// The customer.
    pub contact: Option<Contact>,
    /// Its messages, oldest first: the newest 500.
    pub messages: Vec<MessageView>,
    /// There are older messages than these.
    pub has_older: bool,
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

impl Desk {
    /// A ticket with its newest 500 messages.
    pub async fn ticket_view(&self, actor: &Actor, number: u64) -> Result<TicketView, DeskError> {
        actor.may_work_on_tickets()?;
        let store = &*self.inner.store;
        let (ticket, version) = self.ticket(number).await?.ok_or(DeskError::NotFound("ticket"))?;
        let contact = match ticket.contact {
            Some(contact) => store.get(&keys::contact(contact)).await?,
            None => None,
        };
        let contact = contact.map(|stored| decode(&stored.value)).transpose()?;
        let mut range = keys::messages_of(number);
        range.descending = true;
        let (newest_first, has_older) = rows::read::<Message>(store, range, MESSAGES).await?;
        let messages: Vec<Message> = newest_first.into_iter().rev().map(|(_, record)| record.value).collect();
        let mut traces = self.traces(&messages).await?;
        let mut views = Vec::with_capacity(messages.len());
        for message in messages {
            let deliveries = self.deliveries(&message).await?;
            let traces = traces.remove(&message.id).unwrap_or_default();
            views.push(MessageView { message, traces, deliveries });
        }
        Ok(TicketView { ticket, version, contact, messages: views, has_older })
    }

    /// One message with what belongs to it.
    pub async fn message_view(&self, actor: &Actor, message: u64) -> Result<MessageView, DeskError> {
        let message = self.message_by_id(actor, message).await?;
        let traces = self.traces(std::slice::from_ref(&message)).await?.remove(&message.id).unwrap_or_default();
        let deliveries = self.deliveries(&message).await?;
        Ok(MessageView { message, traces, deliveries })
    }

    /// The traces of messages that have some, by message.
    async fn traces(&self, messages: &[Message]) -> Result<HashMap<u64, Vec<Trace>>, DeskError> {
        let keys: Vec<Key> = messages.iter().map(|message| keys::trace(message.id)).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        let mut traces = HashMap::new();
        for (message, stored) in messages.iter().zip(stored) {
            if let Some(stored) = stored {
                traces.insert(message.id, decode(&stored.value)?);
            }
        }
        Ok(traces)
    }

    /// What became of an outbound message, in the order of its recipients.
    async fn deliveries(&self, message: &Message) -> Result<Vec<Delivery>, DeskError> {
        if message.kind != MessageKind::Outbound {
            return Ok(Vec::new());
        }
        let page = self.inner.store.scan(&keys::deliveries_of(message.id), DELIVERIES).await?;
        let ids = page.rows.iter().filter_map(|(key, _)| keys::last_id(key));
        self.deliveries_by_id(ids).await
    }

    /// Deliveries by id, in that order, missing ones left out.
    pub(super) async fn deliveries_by_id(&self, ids: impl Iterator<Item = u64>) -> Result<Vec<Delivery>, DeskError> {
        let keys: Vec<Key> = ids.map(keys::delivery).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        let deliveries = stored.iter().flatten().map(|stored| decode(&stored.value));
        Ok(deliveries.collect::<Result<_, _>>()?)
    }
}
