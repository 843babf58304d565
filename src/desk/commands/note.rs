//! Adds a note for the team. A note never comes near the mail path.

use super::NewMessage;
use super::idempotency::Idempotency;
use super::new_message::Checked;
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{add_message, set_status};
use crate::desk::{Actor, Change, Desk, DeskError, Message, MessageKind, Ticket, Written, keys, retry};
use crate::store::Batch;

impl Desk {
    /// Adds a note for the team. Answers the message's id.
    pub async fn note(&self, actor: &Actor, number: u64, message: NewMessage) -> Result<Written<u64>, DeskError> {
        actor.may_work_on_tickets()?;
        if !message.cc.is_empty() {
            return Err(DeskError::invalid("cc", "a note is sent to nobody"));
        }
        if message.require_tls.is_some() {
            return Err(DeskError::invalid("require_tls", "a note is sent to nobody"));
        }
        if !message.attachments.is_empty() {
            return Err(DeskError::invalid("attachments", "a note is no letter: it has no files"));
        }
        let note = message.check()?;
        self.may_grow()?;
        let idempotency = Idempotency::of("note", actor, number, note.idempotency_key.as_deref(), &note.text);
        let id = self.inner.ids.next(&*self.inner.store).await?;
        retry::on_conflict(|| self.try_note(actor, number, id, &note, &idempotency)).await
    }

    async fn try_note(
        &self,
        actor: &Actor,
        number: u64,
        id: u64,
        note: &Checked,
        idempotency: &Idempotency,
    ) -> Result<Written<u64>, DeskError> {
        if let Some(message) = self.done_before(idempotency).await? {
            return Ok(Written { value: message, position: *self.inner.store.feed_hint().borrow() });
        }
        let Record { value: mut ticket, version }: Record<Ticket> = self.ticket_record(number).await?;
        let now = now_ms();
        let message = Message {
            id,
            ticket: number,
            kind: MessageKind::Note,
            at: now,
            text: note.text.clone(),
            author: actor.operator(),
            ..Message::default()
        };
        add_message(&mut ticket, &message);
        if let Some(status) = note.status {
            set_status(&mut ticket, status, now);
        }
        let mut batch = Batch::new();
        batch
            .expect_version(keys::ticket(number), version)
            .put(keys::ticket(number), encode(&ticket))
            .put(keys::message(number, id), encode(&message))
            .put(keys::message_ticket(id), encode(&number))
            .feed(Change::TicketUpdated { ticket: number }.to_entry())
            .feed(Change::MessageAdded { ticket: number, message: id }.to_entry());
        idempotency.write(&mut batch, id, now);
        let committed = self.inner.store.commit(batch).await?;
        Ok(Written { value: id, position: committed.position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::testing;
    use crate::rules::Status;

    fn note(text: &str) -> NewMessage {
        NewMessage { text: text.to_owned(), ..NewMessage::default() }
    }

    #[tokio::test]
    async fn a_note_stays_in_the_team() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let (before, _) = test.state(number).await;
        let id = test.desk.note(&test.actor, number, note("Customer is angry")).await.unwrap().value;
        let message = test.desk.message_by_id(&test.actor, id).await.unwrap();
        assert_eq!((message.kind, message.author, message.raw), (MessageKind::Note, Some(test.operator), None));
        assert!(test.desk.due_deliveries(u64::MAX, (0, 0), 10).await.unwrap().is_empty());
        let source = test.desk.message_source(&test.actor, id).await;
        assert!(matches!(source, Err(DeskError::NotFound("source"))), "{source:?}");
        let (after, _) = test.state(number).await;
        assert_eq!((after.status, after.waiting_since), (before.status, before.waiting_since));
        assert_eq!(after.message_count, before.message_count + 1);
    }

    #[tokio::test]
    async fn a_note_with_copies_is_refused_rather_than_sent() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let outcome = test
            .desk
            .note(&test.actor, number, NewMessage { cc: vec!["ivan@shop.test".to_owned()], ..note("psst") })
            .await;
        assert!(matches!(&outcome, Err(DeskError::Invalid { field, .. }) if field == "cc"), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_note_may_set_the_status_and_its_key_makes_it_once() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let keyed = NewMessage {
            status: Some(Status::OnHold),
            idempotency_key: Some("k".to_owned()),
            ..note("Waiting for the warehouse")
        };
        let one = test.desk.note(&test.actor, number, keyed.clone()).await.unwrap().value;
        assert_eq!(test.desk.note(&test.actor, number, keyed.clone()).await.unwrap().value, one);
        assert_eq!(test.state(number).await.0.status, Status::OnHold);
        // The same key of a reply is another command.
        assert_ne!(test.desk.reply(&test.actor, number, keyed).await.unwrap().value, one);
    }
}
