//! Queues a report of ours: a letter without a ticket.
//!
//! Its message and deliveries belong to ticket 0, which does not exist: no list shows them, and a failure opens nothing. The
//! envelope sender is null, so that nobody answers (RFC 3834 §3.3; RFC 8460 §5.3 asks for no loops).

use bytes::Bytes;

use crate::desk::codec::{decode, encode};
use crate::desk::queries::DmarcCounts;
use crate::desk::{Delivery, Desk, DeskError, Message, MessageKind, keys};
use crate::mail::Correspondent;
use crate::mail::compose::{ReportLetter, compose_report};
use crate::store::Batch;

/// The ticket of letters that have none.
const NO_TICKET: u64 = 0;
/// Letters of one commit, each of some KiB of rows.
const AT_ONCE: usize = 200;
/// The record that says until which day TLS was reported.
const TLS_UNTIL: &str = "tls_reported_until";

/// What letters report, which is settled with them.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportOf {
    /// These counts of letters.
    Dmarc(DmarcCounts),
    /// What was counted of TLS before this day.
    TlsUntil(u64),
}

impl Desk {
    /// The day before which TLS was reported; 0 where it never was.
    pub async fn tls_reported_until(&self) -> Result<u64, DeskError> {
        let stored = self.inner.store.get(&keys::desk(TLS_UNTIL)).await?;
        Ok(stored.map(|stored| decode(&stored.value)).transpose()?.unwrap_or(0))
    }

    /// A name for a report and its letter that no other has.
    pub async fn report_id(&self) -> Result<u64, DeskError> {
        self.inner.ids.next(&*self.inner.store).await
    }

    /// Signs and queues letters, and settles what they were made of, in one commit; in several for more than 200 letters, of
    /// which a crash between two may repeat the first.
    pub async fn send_reports(&self, letters: Vec<ReportLetter>, of: ReportOf) -> Result<(), DeskError> {
        self.may_grow()?;
        let mut batch = Batch::new();
        for (place, letter) in letters.into_iter().enumerate() {
            if place > 0 && place.is_multiple_of(AT_ONCE) {
                self.inner.store.commit(std::mem::take(&mut batch)).await?;
            }
            self.put_report(&mut batch, letter).await?;
        }
        match of {
            ReportOf::Dmarc(counts) => counts.keys.into_iter().for_each(|key| _ = batch.delete(key)),
            ReportOf::TlsUntil(day) => _ = batch.put(keys::desk(TLS_UNTIL), encode(&day)),
        }
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
        self.sign(&letter.from.clone(), move || compose_report(&letter)).await
    }
}
