//! Takes a reply back before it leaves: its deliveries are cancelled, and the ticket stands as it stood before.
//!
//! Promises: of taking back and leaving, one wins. Nothing was attempted of what is taken back, also not by a process that died
//! before it could write that down: only what is not yet due can be recalled.

use super::order_delivery::{cancelled, leave_queue};
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::{
    Actor, Change, Delivery, DeliveryState, Desk, DeskError, Message, MessageKind, Recalled, Ticket, Undo, Written,
    keys, retry,
};
use crate::store::Batch;

impl Desk {
    /// Takes a reply back while it waits out its hold time. `expected` is the ticket's version that the caller saw (`If-Match`).
    /// Answers the message's id; taking it back twice is the same as once. [`DeskError::NotPossible`] when it has left, or is
    /// leaving at this moment.
    pub async fn recall(&self, actor: &Actor, message: u64, expected: Option<u64>) -> Result<Written<u64>, DeskError> {
        actor.may_work_on_tickets()?;
        let found = self.message_by_id(actor, message).await?;
        if found.kind != MessageKind::Outbound {
            return Err(DeskError::NotPossible("it is no reply".to_owned()));
        }
        if found.recalled.is_some() {
            return Ok(Written { value: message, position: *self.inner.store.feed_hint().borrow() });
        }
        let ids: Vec<u64> = self.deliveries(&found).await?.iter().map(|delivery| delivery.id).collect();
        if ids.is_empty() {
            return Err(too_late());
        }
        let Some(_grip) = self.inner.in_hand.grip(&ids) else { return Err(too_late()) };
        retry::on_conflict(|| self.try_recall(actor, &found, &ids, expected)).await
    }

    async fn try_recall(
        &self,
        actor: &Actor,
        found: &Message,
        ids: &[u64],
        expected: Option<u64>,
    ) -> Result<Written<u64>, DeskError> {
        let (number, id) = (found.ticket, found.id);
        let Record { value: mut ticket, version }: Record<Ticket> = self.ticket_record(number).await?;
        if expected.is_some_and(|expected| expected != version) {
            return Err(DeskError::Stale { current: version });
        }
        let now = now_ms();
        let stored = self.inner.store.get(&keys::message(number, id)).await?.ok_or(DeskError::NotFound("message"))?;
        let Record { value: mut message, version: message_version }: Record<Message> = Record::read(&stored)?;
        let mut batch = Batch::new();
        for delivery in ids {
            let record = self.delivery_record(*delivery).await?;
            if !is_recallable(&record.value, now) {
                return Err(too_late());
            }
            batch.expect_version(keys::delivery(*delivery), record.version);
            leave_queue(&record.value, &mut batch);
            batch.put(keys::delivery(*delivery), encode(&cancelled(record.value)));
            batch.feed(Change::DeliveryChanged { ticket: number, message: id, delivery: *delivery }.to_entry());
        }
        if let Some(undo) = &message.undo {
            restore(&mut ticket, &message, undo);
        }
        ticket.message_count = ticket.message_count.saturating_sub(1);
        ticket.updated_at = ticket.updated_at.max(now);
        message.recalled = Some(Recalled { at: now, by: actor.operator() });
        batch
            .expect_version(keys::ticket(number), version)
            .put(keys::ticket(number), encode(&ticket))
            .expect_version(keys::message(number, id), message_version)
            .put(keys::message(number, id), encode(&message))
            .feed(Change::TicketUpdated { ticket: number }.to_entry());
        let committed = self.inner.store.commit(batch).await?;
        metrics::counter!("mxdesk_replies_recalled_total").increment(1);
        Ok(Written { value: id, position: committed.position })
    }
}

/// How long a message can still be taken back, in milliseconds; `None` when it cannot.
pub(in crate::desk) fn recallable_ms(message: &Message, deliveries: &[Delivery], now: u64) -> Option<u64> {
    let is_reply = message.kind == MessageKind::Outbound && message.recalled.is_none() && !deliveries.is_empty();
    if !is_reply || !deliveries.iter().all(|delivery| is_recallable(delivery, now)) {
        return None;
    }
    let queued = deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Queued);
    // One that is held can be taken back as long as it is: the panel asks again after an hour.
    Some(queued.map(|delivery| delivery.due_at.saturating_sub(now)).min().unwrap_or(3_600_000))
}

fn is_recallable(delivery: &Delivery, now: u64) -> bool {
    let untried = delivery.attempt_count == 0;
    match delivery.state {
        DeliveryState::Queued => untried && delivery.due_at > now,
        DeliveryState::Held => untried,
        DeliveryState::Deferred | DeliveryState::Delivered | DeliveryState::Failed | DeliveryState::Cancelled => false,
    }
}

fn too_late() -> DeskError {
    DeskError::NotPossible("the message has left already".to_owned())
}

/// Puts the ticket back to where it stood, as far as nobody has changed it since.
fn restore(ticket: &mut Ticket, message: &Message, undo: &Undo) {
    if ticket.status == undo.set && ticket.last_message_at == message.at {
        ticket.status = undo.status;
        ticket.waiting_since = undo.waiting_since;
        ticket.closed_at = undo.closed_at;
    }
    if ticket.last_message_at == message.at {
        ticket.snippet.clone_from(&undo.snippet);
        ticket.last_message_at = undo.last_message_at;
    }
    ticket.participants.retain(|address| !undo.participants.contains(address));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Attempt;
    use crate::desk::commands::{AttemptOutcome, NewMessage, QueueOrder, TicketPatch};
    use crate::desk::testing::{self, TestDesk};
    use crate::rules::Status;

    fn hello() -> NewMessage {
        let cc = vec!["olga@shop.test".to_owned()];
        NewMessage { text: "Hello".to_owned(), cc, ..NewMessage::default() }
    }

    /// A desk whose replies wait a minute, a ticket, its state before a reply, and the reply.
    async fn waiting() -> (TestDesk, Ticket, u64) {
        let test = testing::desk_with(|settings| settings.hold_seconds = 60).await;
        let (number, _) = test.ticket().await;
        let before = test.state(number).await.0;
        let id = test.desk.reply(&test.actor, number, hello()).await.unwrap().value;
        (test, before, id)
    }

    async fn states(test: &TestDesk, message: u64) -> Vec<DeliveryState> {
        let view = test.desk.message_view(&test.actor, message).await.unwrap();
        view.deliveries.iter().map(|delivery| delivery.state).collect()
    }

    #[tokio::test]
    async fn a_reply_that_is_taken_back_never_leaves_and_the_ticket_is_as_it_was() {
        let (test, before, id) = waiting().await;
        let view = test.desk.message_view(&test.actor, id).await.unwrap();
        assert!(view.recallable_ms.is_some_and(|left| left > 50_000 && left <= 60_000), "{:?}", view.recallable_ms);
        test.desk.recall(&test.actor, id, None).await.unwrap();
        assert_eq!(states(&test, id).await, [DeliveryState::Cancelled; 2]);
        assert!(test.desk.due_deliveries(u64::MAX, (0, 0), 10).await.unwrap().is_empty());
        assert_eq!(test.desk.next_due().await.unwrap(), None);
        let (after, _) = test.state(before.number).await;
        assert_eq!(Ticket { updated_at: before.updated_at, ..after }, before);
        let message = test.desk.message_by_id(&test.actor, id).await.unwrap();
        assert_eq!(message.recalled.map(|recalled| recalled.by), Some(Some(test.operator)));
        assert_eq!(message.text, "Hello");
        // Twice is once.
        assert!(test.desk.recall(&test.actor, id, None).await.is_ok());
        assert_eq!(test.state(before.number).await.0.message_count, before.message_count);
    }

    #[tokio::test]
    async fn what_was_changed_since_stays_changed() {
        let (test, before, id) = waiting().await;
        let on_hold = TicketPatch { status: Some(Status::OnHold), ..TicketPatch::default() };
        test.desk.update_ticket(&test.admin, before.number, on_hold, None).await.unwrap();
        test.desk.recall(&test.actor, id, None).await.unwrap();
        assert_eq!(test.state(before.number).await.0.status, Status::OnHold);
    }

    #[tokio::test]
    async fn a_recall_from_an_old_version_is_stopped() {
        let (test, before, id) = waiting().await;
        let outcome = test.desk.recall(&test.actor, id, Some(1)).await;
        assert!(matches!(outcome, Err(DeskError::Stale { .. })), "{outcome:?}");
        let (_, version) = test.state(before.number).await;
        test.desk.recall(&test.actor, id, Some(version)).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_due_or_was_attempted_or_is_no_reply_cannot_be_taken_back() {
        let test = testing::desk().await;
        let (number, letter) = test.ticket().await;
        let id = test.desk.reply(&test.actor, number, hello()).await.unwrap().value;
        for message in [id, letter] {
            let outcome = test.desk.recall(&test.actor, message, None).await;
            assert!(matches!(outcome, Err(DeskError::NotPossible(_))), "{outcome:?}");
        }
        assert_eq!(test.desk.message_view(&test.actor, id).await.unwrap().recallable_ms, None);
        let first = test.desk.due_deliveries(u64::MAX, (0, 0), 1).await.unwrap().remove(0);
        let later = AttemptOutcome::Retry { due_at: u64::MAX / 2 };
        test.desk.record_attempt(first.id, Attempt::default(), later).await.unwrap();
        let outcome = test.desk.recall(&test.actor, id, None).await;
        assert!(matches!(outcome, Err(DeskError::NotPossible(_))), "{outcome:?}");
        assert_eq!(states(&test, id).await, [DeliveryState::Deferred, DeliveryState::Queued]);
    }

    #[tokio::test]
    async fn a_held_reply_can_be_taken_back() {
        let (test, before, id) = waiting().await;
        for delivery in test.desk.message_view(&test.actor, id).await.unwrap().deliveries {
            test.desk.order_delivery(&test.admin, delivery.id, QueueOrder::Hold).await.unwrap();
        }
        test.desk.recall(&test.actor, id, None).await.unwrap();
        assert_eq!(states(&test, id).await, [DeliveryState::Cancelled; 2]);
        assert_eq!(test.state(before.number).await.0.status, before.status);
    }

    /// Of taking back and leaving, exactly one wins: 200 times both at once, with the real queue's way of taking a delivery.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_recall_and_the_queue_at_once_have_one_winner() {
        let test = testing::desk_with(|settings| settings.hold_seconds = 1).await;
        let (number, _) = test.ticket().await;
        let (mut recalled, mut left) = (0, 0);
        for round in 0..200_u64 {
            let alone = NewMessage { cc: Vec::new(), text: format!("Hello {round}"), ..NewMessage::default() };
            let id = test.desk.reply(&test.actor, number, alone).await.unwrap().value;
            let delivery = test.desk.message_view(&test.actor, id).await.unwrap().deliveries.remove(0);
            // Both see it as theirs: not yet due for the one, due for the other.
            let (desk, actor) = (test.desk.clone(), test.actor.clone());
            let recall = tokio::spawn(async move { desk.recall(&actor, id, None).await });
            let desk = test.desk.clone();
            let take = tokio::spawn(async move {
                let Some((delivery, _grip)) = desk.take_delivery(delivery.id, delivery.due_at).await.unwrap() else {
                    return false;
                };
                tokio::task::yield_now().await;
                desk.record_attempt(delivery.id, Attempt::default(), AttemptOutcome::Delivered).await.unwrap();
                true
            });
            let (recall, take) = (recall.await.unwrap(), take.await.unwrap());
            assert_ne!(recall.is_ok(), take, "round {round}: {recall:?}");
            let state = states(&test, id).await[0];
            assert_eq!(state, if take { DeliveryState::Delivered } else { DeliveryState::Cancelled });
            if take { left += 1 } else { recalled += 1 }
        }
        println!("recalled {recalled}, left {left}");
    }
}
