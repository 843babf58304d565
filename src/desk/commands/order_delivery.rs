//! What people do to a delivery in the queue: attempt it now, hold it, release it, cancel it.
//!
//! Promises: what an attempt has in hand at this moment is not changed under it. Everything but another attempt is written into
//! the ticket, with the name of who did it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{set_status, show_message, system_message};
use crate::desk::{Actor, Change, Delivery, DeliveryState, Desk, DeskError, Grip, Ticket, Written, keys, retry};
use crate::rules::Status;
use crate::store::Batch;

/// What is to be done with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// Attempt it now, whatever its next time was, also when it had failed.
    Retry,
    /// Keep it in the queue until it is released.
    Hold,
    /// Attempt what was held.
    Release,
    /// Take it out of the queue: it never leaves, and its ticket is opened.
    Cancel,
}

impl Desk {
    /// Takes a delivery for an attempt: as it stands now, or `None` where it is not due any more, has come to its end, or is in
    /// another hand. `due_at` is the time under which the caller found it.
    pub async fn take_delivery(&self, id: u64, due_at: u64) -> Result<Option<(Delivery, Grip)>, DeskError> {
        let Some(grip) = self.inner.in_hand.grip(&[id]) else { return Ok(None) };
        let delivery = self.delivery(id).await?;
        Ok(delivery.filter(|found| found.is_waiting() && found.due_at == due_at).map(|found| (found, grip)))
    }

    /// Carries an order out; answers the state that the delivery has now. Another attempt may be asked for by everybody who works
    /// on tickets, the rest by administrators. [`DeskError::NotPossible`] where the delivery's state does not allow it.
    pub async fn order_delivery(
        &self,
        actor: &Actor,
        id: u64,
        order: QueueOrder,
    ) -> Result<Written<DeliveryState>, DeskError> {
        match order {
            QueueOrder::Retry => actor.may_work_on_tickets()?,
            QueueOrder::Hold | QueueOrder::Release | QueueOrder::Cancel => actor.may_set_up()?,
        }
        let Some(_grip) = self.inner.in_hand.grip(&[id]) else {
            return Err(DeskError::NotPossible("an attempt to deliver it is under way".to_owned()));
        };
        retry::on_conflict(|| self.try_order_delivery(actor, id, order)).await
    }

    async fn try_order_delivery(
        &self,
        actor: &Actor,
        id: u64,
        order: QueueOrder,
    ) -> Result<Written<DeliveryState>, DeskError> {
        let Record { value: before, version }: Record<Delivery> = self.delivery_record(id).await?;
        let now = now_ms();
        let Some(after) = ordered(&before, order, now)? else {
            return Ok(Written { value: before.state, position: *self.inner.store.feed_hint().borrow() });
        };
        let mut batch = Batch::new();
        batch.expect_version(keys::delivery(id), version).put(keys::delivery(id), encode(&after));
        leave_queue(&before, &mut batch);
        match after.state {
            DeliveryState::Queued => _ = batch.put(keys::queue_due(after.due_at, id), Vec::new()),
            DeliveryState::Held => _ = batch.put(keys::held_delivery(id), Vec::new()),
            _ => {}
        }
        if order != QueueOrder::Retry {
            self.tell_of_order(actor, &after, order, now, &mut batch).await?;
        }
        let change = Change::DeliveryChanged { ticket: after.ticket, message: after.message, delivery: id };
        batch.feed(change.to_entry());
        let committed = self.inner.store.commit(batch).await?;
        Ok(Written { value: after.state, position: committed.position })
    }

    /// A delivery with its version, or `NotFound`.
    pub(super) async fn delivery_record(&self, id: u64) -> Result<Record<Delivery>, DeskError> {
        let stored = self.inner.store.get(&keys::delivery(id)).await?.ok_or(DeskError::NotFound("delivery"))?;
        Ok(Record::read(&stored)?)
    }

    /// Writes the order into the ticket; what was cancelled is ours to work on again.
    async fn tell_of_order(
        &self,
        actor: &Actor,
        delivery: &Delivery,
        order: QueueOrder,
        now: u64,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let number = delivery.ticket;
        let Some(stored) = self.inner.store.get(&keys::ticket(number)).await? else { return Ok(()) };
        let Record { value: mut ticket, version }: Record<Ticket> = Record::read(&stored)?;
        let id = self.inner.ids.next(&*self.inner.store).await?;
        let text = format!("Delivery to {} {}", delivery.recipient, past(order));
        let message = system_message(id, number, now, text, actor.operator());
        if order == QueueOrder::Cancel {
            show_message(&mut ticket, &message);
            if ticket.status != Status::Spam && !ticket.is_quiet() {
                set_status(&mut ticket, Status::Open, now);
            }
        }
        ticket.updated_at = ticket.updated_at.max(now);
        batch
            .expect_version(keys::ticket(number), version)
            .put(keys::ticket(number), encode(&ticket))
            .put(keys::message(number, id), encode(&message))
            .put(keys::message_ticket(id), encode(&number))
            .feed(Change::TicketUpdated { ticket: number }.to_entry())
            .feed(Change::MessageAdded { ticket: number, message: id }.to_entry());
        Ok(())
    }
}

/// Takes a delivery's place in the queue away.
pub(super) fn leave_queue(delivery: &Delivery, batch: &mut Batch) {
    if delivery.is_waiting() {
        batch.delete(keys::queue_due(delivery.due_at, delivery.id));
    }
    if delivery.state == DeliveryState::Held {
        batch.delete(keys::held_delivery(delivery.id));
    }
}

/// The delivery, cancelled.
pub(super) fn cancelled(delivery: Delivery) -> Delivery {
    Delivery { state: DeliveryState::Cancelled, ..delivery }
}

/// The delivery after an order; `None` where it changes nothing.
fn ordered(delivery: &Delivery, order: QueueOrder, now: u64) -> Result<Option<Delivery>, DeskError> {
    use DeliveryState::{Cancelled, Deferred, Delivered, Failed, Held, Queued};
    let queued = || Delivery { state: Queued, due_at: now, ..delivery.clone() };
    match (order, delivery.state) {
        (QueueOrder::Retry, Queued | Deferred | Failed) | (QueueOrder::Retry | QueueOrder::Release, Held) => {
            Ok(Some(queued()))
        }
        (QueueOrder::Release, Queued | Deferred) | (QueueOrder::Hold, Held) | (QueueOrder::Cancel, Cancelled) => {
            Ok(None)
        }
        (QueueOrder::Hold, Queued | Deferred) => Ok(Some(Delivery { state: Held, ..delivery.clone() })),
        (QueueOrder::Cancel, Queued | Deferred | Held) => Ok(Some(cancelled(delivery.clone()))),
        (_, Delivered) => Err(DeskError::NotPossible("it is delivered".to_owned())),
        (_, Cancelled) => Err(DeskError::NotPossible("it is cancelled".to_owned())),
        (_, Failed) => Err(DeskError::NotPossible("it has failed; only another attempt can be made".to_owned())),
    }
}

fn past(order: QueueOrder) -> &'static str {
    match order {
        QueueOrder::Retry => "is attempted again",
        QueueOrder::Hold => "is held in the queue",
        QueueOrder::Release => "is released from the queue",
        QueueOrder::Cancel => "was cancelled: the message does not leave",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::commands::{AttemptOutcome, NewMessage};
    use crate::desk::testing::{self, TestDesk};
    use crate::desk::{Attempt, MessageKind};

    /// A reply in the queue: its ticket and delivery.
    async fn queued() -> (TestDesk, u64, u64) {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let hello = NewMessage { text: "Hello".to_owned(), ..NewMessage::default() };
        test.desk.reply(&test.actor, number, hello).await.unwrap();
        let delivery = test.desk.due_deliveries(u64::MAX, (0, 0), 1).await.unwrap()[0].id;
        (test, number, delivery)
    }

    async fn due(test: &TestDesk) -> usize {
        test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap().len()
    }

    #[tokio::test]
    async fn what_is_held_waits_until_it_is_released() {
        let (test, number, id) = queued().await;
        let order = async |order| test.desk.order_delivery(&test.admin, id, order).await.unwrap().value;
        assert_eq!(order(QueueOrder::Hold).await, DeliveryState::Held);
        assert_eq!(order(QueueOrder::Hold).await, DeliveryState::Held);
        assert_eq!(due(&test).await, 0);
        // An attempt that was read before does not begin.
        let stale = test.desk.delivery(id).await.unwrap().unwrap().due_at;
        assert!(test.desk.take_delivery(id, stale).await.unwrap().is_none());
        assert_eq!(order(QueueOrder::Release).await, DeliveryState::Queued);
        assert_eq!(due(&test).await, 1);
        let messages = test.desk.messages(number).await.unwrap();
        let told: Vec<_> = messages.iter().filter(|message| message.kind == MessageKind::System).collect();
        let words = [
            "Delivery to ivan@shop.test is held in the queue",
            "Delivery to ivan@shop.test is released from the queue",
        ];
        assert_eq!(told.iter().map(|message| message.text.as_str()).collect::<Vec<_>>(), words);
        assert_eq!(told[0].author, test.admin.operator());
    }

    #[tokio::test]
    async fn what_is_cancelled_never_leaves_and_its_ticket_is_opened() {
        let (test, number, id) = queued().await;
        test.desk.order_delivery(&test.admin, id, QueueOrder::Cancel).await.unwrap();
        assert_eq!(due(&test).await, 0);
        assert_eq!(test.state(number).await.0.status, Status::Open);
        for order in [QueueOrder::Retry, QueueOrder::Hold, QueueOrder::Release] {
            let outcome = test.desk.order_delivery(&test.admin, id, order).await;
            assert!(matches!(outcome, Err(DeskError::NotPossible(_))), "{outcome:?}");
        }
        // A late word of an attempt changes nothing.
        test.desk.record_attempt(id, Attempt::default(), AttemptOutcome::Delivered).await.unwrap();
        assert_eq!(test.desk.delivery(id).await.unwrap().unwrap().state, DeliveryState::Cancelled);
    }

    #[tokio::test]
    async fn a_retry_makes_it_due_now_also_when_it_had_failed() {
        let (test, _, id) = queued().await;
        let far = AttemptOutcome::Retry { due_at: now_ms() + 3_600_000 };
        test.desk.record_attempt(id, Attempt::default(), far).await.unwrap();
        assert_eq!(due(&test).await, 0);
        test.desk.order_delivery(&test.actor, id, QueueOrder::Retry).await.unwrap();
        assert_eq!(due(&test).await, 1);
        test.desk.record_attempt(id, Attempt::default(), AttemptOutcome::Failed).await.unwrap();
        assert_eq!(due(&test).await, 0);
        test.desk.order_delivery(&test.actor, id, QueueOrder::Retry).await.unwrap();
        assert_eq!(due(&test).await, 1);
        assert_eq!(test.desk.next_due().await.unwrap().map(|due| due <= now_ms()), Some(true));
    }

    #[tokio::test]
    async fn what_is_in_hand_is_left_alone() {
        let (test, _, id) = queued().await;
        let due_at = test.desk.delivery(id).await.unwrap().unwrap().due_at;
        let (_, grip) = test.desk.take_delivery(id, due_at).await.unwrap().unwrap();
        assert!(test.desk.take_delivery(id, due_at).await.unwrap().is_none());
        let outcome = test.desk.order_delivery(&test.admin, id, QueueOrder::Cancel).await;
        assert!(matches!(outcome, Err(DeskError::NotPossible(_))), "{outcome:?}");
        drop(grip);
        test.desk.order_delivery(&test.admin, id, QueueOrder::Cancel).await.unwrap();
    }

    #[tokio::test]
    async fn only_administrators_hold_and_cancel() {
        let (test, _, id) = queued().await;
        for order in [QueueOrder::Hold, QueueOrder::Release, QueueOrder::Cancel] {
            let outcome = test.desk.order_delivery(&test.actor, id, order).await;
            assert!(matches!(outcome, Err(DeskError::Forbidden)), "{outcome:?}");
        }
        let missing = test.desk.order_delivery(&test.admin, 999_999, QueueOrder::Cancel).await;
        assert!(matches!(missing, Err(DeskError::NotFound("delivery"))), "{missing:?}");
    }
}
