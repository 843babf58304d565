//! A ticket with everything its page shows.

use std::collections::HashMap;

use crate::desk::clock::now_ms;
use crate::desk::codec::decode;
use crate::desk::commands::recallable_ms;
use crate::desk::{Actor, Contact, Delivery, Desk, DeskError, Message, MessageKind, Suppression, Ticket, keys, rows};
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
    /// The customer's address is suppressed.
    pub suppression: Option<Suppression>,
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
    /// Outbound: for how many milliseconds more it can be taken back; `None` when it cannot.
    pub recallable_ms: Option<u64>,
}

impl MessageView {
    fn of(message: Message, traces: Vec<Trace>, deliveries: Vec<Delivery>) -> Self {
        let recallable_ms = recallable_ms(&message, &deliveries, now_ms());
        Self { message, traces, deliveries, recallable_ms }
    }
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
            views.push(MessageView::of(message, traces, deliveries));
        }
        let address = [ticket.requester_address.to_lowercase()];
        let suppression = self.suppressed(&address, now_ms()).await?.pop();
        Ok(TicketView { ticket, version, contact, messages: views, has_older, suppression })
    }

    /// One message with what belongs to it.
    pub async fn message_view(&self, actor: &Actor, message: u64) -> Result<MessageView, DeskError> {
        let message = self.message_by_id(actor, message).await?;
        let traces = self.traces(std::slice::from_ref(&message)).await?.remove(&message.id).unwrap_or_default();
        let deliveries = self.deliveries(&message).await?;
        Ok(MessageView::of(message, traces, deliveries))
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
    pub(in crate::desk) async fn deliveries(&self, message: &Message) -> Result<Vec<Delivery>, DeskError> {
        if message.kind != MessageKind::Outbound {
            return Ok(Vec::new());
        }
        let page = self.inner.store.scan(&keys::deliveries_of(message.id), DELIVERIES).await?;
        let ids = page.rows.iter().filter_map(|(key, _)| keys::last_id(key));
        self.deliveries_by_id(ids).await
    }

    /// Deliveries by id, in that order, missing ones left out.
    pub async fn deliveries_by_id(&self, ids: impl Iterator<Item = u64>) -> Result<Vec<Delivery>, DeskError> {
        let keys: Vec<Key> = ids.map(keys::delivery).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        let deliveries = stored.iter().flatten().map(|stored| decode(&stored.value));
        Ok(deliveries.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::codec::encode;
    use crate::desk::testing;
    use crate::store::{Batch, Store};

    #[tokio::test]
    async fn a_view_shows_messages_oldest_first_with_traces_and_contact() {
        let test = testing::desk().await;
        let (number, first) = test.ticket().await;
        let second = test.letter(number, "2@shop.test", "ivan@shop.test", "").await;
        let (ticket, _) = test.state(number).await;
        let contact = Contact { id: 77, name: Some("Ivan".to_owned()), ..Contact::default() };
        let traces = vec![Trace { rule: 5, name: "parcels".to_owned(), ..Trace::default() }];
        let mut batch = Batch::new();
        batch
            .put(keys::ticket(number), encode(&Ticket { contact: Some(77), ..ticket }))
            .put(keys::contact(77), encode(&contact))
            .put(keys::trace(second), encode(&traces));
        let version = test.store.commit(batch).await.unwrap().version;
        let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
        assert_eq!((view.version, view.has_older), (version, false));
        assert_eq!(view.contact, Some(contact));
        let ids: Vec<u64> = view.messages.iter().map(|message| message.message.id).collect();
        assert_eq!(ids, [first, second]);
        assert_eq!((view.messages[0].traces.len(), &view.messages[1].traces), (0, &traces));
        let missing = test.desk.ticket_view(&test.actor, 999_999).await;
        assert!(matches!(missing, Err(DeskError::NotFound("ticket"))), "{missing:?}");
    }

    #[tokio::test]
    async fn of_a_very_long_ticket_the_newest_messages_are_shown() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let mut batch = Batch::new();
        for id in 10_001..=10_000 + MESSAGES as u64 {
            batch.put(keys::message(number, id), encode(&Message { id, ticket: number, ..Message::default() }));
        }
        test.store.commit(batch).await.unwrap();
        let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
        assert!(view.has_older);
        assert_eq!(view.messages.len(), MESSAGES);
        assert_eq!(view.messages[0].message.id, 10_001);
        assert_eq!(test.desk.messages(number).await.unwrap().len(), MESSAGES + 1);
    }
}
