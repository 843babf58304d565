//! Answers the customer: checked, composed, signed, kept, and queued in one commit.
//!
//! Its files were uploaded before (`upload`) and are in the letter from here on.
//!
//! The order: the letter's bytes are kept first (unsynced; an orphan is swept), then one synced batch names them, queues
//! them and changes the ticket. After a crash there is all of the reply or nothing, never a letter in the queue that the
//! ticket does not show.

mod attached;
mod letter;
#[cfg(test)]
mod tests;

use super::NewMessage;
use super::idempotency::Idempotency;
use super::new_message::Checked;
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{add_message, add_participants, set_status};
use crate::desk::{Actor, Change, Delivery, Desk, DeskError, KnownId, Ticket, Undo, Written, keys, retry};
use crate::rules::Status;
use crate::store::Batch;

pub(super) use letter::{Prepared, message, with_signature};

impl Desk {
    /// Answers the customer: composes, signs, stores and queues in one commit. Answers the message's id.
    pub async fn reply(&self, actor: &Actor, number: u64, message: NewMessage) -> Result<Written<u64>, DeskError> {
        actor.may_work_on_tickets()?;
        let reply = message.check()?;
        self.may_grow()?;
        let content = format!("{}{:?}", reply.text, reply.attachments);
        let content = if reply.attachments.is_empty() { &reply.text } else { &content };
        let idempotency = Idempotency::of("reply", actor, number, reply.idempotency_key.as_deref(), content);
        let id = self.inner.ids.next(&*self.inner.store).await?;
        retry::on_conflict(|| self.try_reply(actor, number, id, &reply, &idempotency)).await
    }

    async fn try_reply(
        &self,
        actor: &Actor,
        number: u64,
        id: u64,
        reply: &Checked,
        idempotency: &Idempotency,
    ) -> Result<Written<u64>, DeskError> {
        if let Some(message) = self.done_before(idempotency).await? {
            return Ok(Written { value: message, position: *self.inner.store.feed_hint().borrow() });
        }
        // The ticket first: a letter that comes in behind this read changes its version, and the commit conflicts.
        let Record { value: mut ticket, version }: Record<Ticket> = self.ticket_record(number).await?;
        let last = self.last_inbound(number).await?;
        if let (Some(seen), Some(last)) = (reply.seen, &last)
            && last.id > seen
        {
            return Err(DeskError::Stale { current: version });
        }
        let now = now_ms();
        let attached = self.attached(actor, &reply.attachments).await?;
        let mut prepared = self.prepare(&ticket, last.as_ref(), id, now, reply, &attached).await?;
        if !reply.even_if_suppressed {
            let recipients: Vec<String> = prepared.recipients.iter().map(|(recipient, _)| recipient.key()).collect();
            let suppressed = self.suppressed(&recipients, now).await?;
            if !suppressed.is_empty() {
                return Err(DeskError::Suppressed(suppressed));
            }
        }
        prepared.message.author = actor.operator();
        let raw = self.inner.blobs.keep(std::mem::take(&mut prepared.raw)).await?;
        prepared.message.raw = Some(raw.0);

        let before = ticket.clone();
        add_message(&mut ticket, &prepared.message);
        add_participants(&mut ticket, prepared.recipients.iter().map(|(recipient, _)| recipient.key()));
        set_status(&mut ticket, reply.status.unwrap_or(Status::Pending), now);
        ticket.waiting_since = None;
        prepared.message.undo = Some(undo(&before, &ticket));

        let mut batch = Batch::new();
        batch.expect_version(keys::ticket(number), version).put(keys::ticket(number), encode(&ticket));
        batch.feed(Change::TicketUpdated { ticket: number }.to_entry());
        put_message(&mut batch, &ticket, &prepared);
        let due_at = now.saturating_add(u64::from(self.inner.settings.hold_seconds) * 1000);
        self.put_deliveries(&mut batch, &prepared, now, due_at).await?;
        attached.use_up(&mut batch, actor.operator().unwrap_or_default(), due_at);
        idempotency.write(&mut batch, id, now);
        let committed = self.inner.store.commit(batch).await?;
        metrics::counter!("mxdesk_replies_total").increment(1);
        Ok(Written { value: id, position: committed.position })
    }

    /// One delivery per recipient, due when the time to take the letter back is over. Answers their ids.
    pub(super) async fn put_deliveries(
        &self,
        batch: &mut Batch,
        prepared: &Prepared,
        now: u64,
        due_at: u64,
    ) -> Result<Vec<u64>, DeskError> {
        let message = &prepared.message;
        let mut ids = Vec::with_capacity(prepared.recipients.len());
        for (recipient, envelope_from) in &prepared.recipients {
            let delivery = Delivery {
                id: self.inner.ids.next(&*self.inner.store).await?,
                message: message.id,
                ticket: message.ticket,
                envelope_from: envelope_from.as_str().to_owned(),
                recipient: recipient.as_str().to_owned(),
                due_at,
                created_at: now,
                require_tls: message.require_tls,
                ..Delivery::default()
            };
            batch
                .put(keys::delivery(delivery.id), encode(&delivery))
                .put(keys::queue_due(due_at, delivery.id), Vec::new())
                .put(keys::message_delivery(message.id, delivery.id), Vec::new());
            let change = Change::DeliveryChanged { ticket: message.ticket, message: message.id, delivery: delivery.id };
            batch.feed(change.to_entry());
            ids.push(delivery.id);
        }
        Ok(ids)
    }
}

/// What taking the reply back needs to know.
fn undo(before: &Ticket, after: &Ticket) -> Undo {
    let is_new = |address: &&String| !before.participants.contains(address);
    Undo {
        status: before.status,
        waiting_since: before.waiting_since,
        closed_at: before.closed_at,
        snippet: before.snippet.clone(),
        last_message_at: before.last_message_at,
        set: after.status,
        participants: after.participants.iter().filter(is_new).cloned().collect(),
    }
}

/// The message with its indexes. Its Message-ID is known like a received one's: an answer finds the ticket by it even when
/// the MAC in it was lost on the way.
pub(super) fn put_message(batch: &mut Batch, ticket: &Ticket, prepared: &Prepared) {
    let message = &prepared.message;
    batch
        .put(keys::message(message.ticket, message.id), encode(message))
        .put(keys::message_ticket(message.id), encode(&message.ticket))
        .feed(Change::MessageAdded { ticket: message.ticket, message: message.id }.to_entry());
    if let Some(message_id) = &message.message_id {
        let known = KnownId { ticket: message.ticket, seen: true };
        batch.put(keys::message_id(ticket.mailbox, &KnownId::hash(message_id)), encode(&known));
    }
}
