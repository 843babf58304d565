//! Queues a report of ours: a letter without a ticket.
//!
//! Its message and deliveries belong to ticket 0, which does not exist: no list shows them, and a failure opens nothing. The
//! envelope sender is null, so that nobody answers (RFC 3834 §3.3; RFC 8460 §5.3 asks for no loops).

use bytes::Bytes;

use crate::desk::codec::encode;
use crate::desk::queries::DmarcCounts;
use crate::desk::{Delivery, Desk, DeskError, Message, MessageKind, keys};
use crate::mail::Correspondent;
use crate::mail::compose::{ReportLetter, compose_report};
use crate::store::Batch;

/// The ticket of letters that have none.
const NO_TICKET: u64 = 0;

impl Desk {
    /// A name for a report and its letter that no other has.
    pub async fn report_id(&self) -> Result<u64, DeskError> {
        self.inner.ids.next(&*self.inner.store).await
    }

    /// Signs and queues letters, and forgets what they were made of, in one commit.
    pub async fn send_reports(&self, letters: Vec<ReportLetter>, counts: Option<DmarcCounts>) -> Result<(), DeskError> {
        self.may_grow()?;
        let mut batch = Batch::new();
        for letter in letters {
            self.put_report(&mut batch, letter).await?;
        }
        counts.into_iter().flat_map(|counts| counts.keys).for_each(|key| _ = batch.delete(key));
        self.inner.store.commit(batch).await?;
        Ok(())
    }

    async fn put_report(&self, batch: &mut Batch, letter: ReportLetter) -> Result<(), DeskError> {
        let now = crate::desk::clock::now_ms();
        let store = &*self.inner.store;
        let (id, delivery) = (self.inner.ids.next(store).await?, self.inner.ids.next(store).await?);
        let correspondent =
            |address: &crate::mail::Address| Correspondent { name: None, address: address.as_str().to_owned() };
        let mut message = Message {
            id,
            ticket: NO_TICKET,
            kind: MessageKind::Outbound,
            at: now,
            from: Some(correspondent(&letter.from)),
            to: vec![correspondent(&letter.to)],
            subject: letter.summary.clone(),
            message_id: Some(letter.message_id.clone()),
            text: letter.summary.clone(),
            ..Message::default()
        };
        let recipient = letter.to.as_str().to_owned();
        let raw = self.sign_report(letter).await?;
        message.size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        message.raw = Some(self.inner.blobs.keep(raw).await?.0);
        let delivery = Delivery {
            id: delivery,
            message: id,
            ticket: NO_TICKET,
            recipient,
            due_at: now,
            created_at: now,
            ..Delivery::default()
        };
        batch
            .put(keys::message(NO_TICKET, id), encode(&message))
            .put(keys::message_ticket(id), encode(&NO_TICKET))
            .put(keys::delivery(delivery.id), encode(&delivery))
            .put(keys::queue_due(now, delivery.id), Vec::new())
            .put(keys::message_delivery(id, delivery.id), Vec::new());
        let change = crate::desk::Change::DeliveryChanged { ticket: NO_TICKET, message: id, delivery: delivery.id };
        batch.feed(change.to_entry());
        Ok(())
    }

    async fn sign_report(&self, letter: ReportLetter) -> Result<Bytes, DeskError> {
        self.made_and_signed(letter.from.domain().to_owned(), move || compose_report(&letter)).await
    }
}
