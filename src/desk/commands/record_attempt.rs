//! Writes down an attempt to deliver and what follows from it.
//!
//! The gate is not asked: what was delivered and is not written down goes out twice. So this is tried on a full disk too.

use crate::desk::codec::{Record, encode};
use crate::desk::commands::suppression;
use crate::desk::ticket_state::{set_status, show_message, system_message};
use crate::desk::{Attempt, Change, Delivery, DeliveryState, Desk, DeskError, SuppressionReason, Ticket, keys, retry};
use crate::mail::{Address, bounce};
use crate::rules::Status;
use crate::store::Batch;

/// Attempts that are kept of one delivery.
const ATTEMPTS: usize = 20;
/// Longest words of a remote server that are kept, in characters.
const TEXT: usize = 1_000;
/// The same in octets: twenty attempts must fit into a record, whatever script a server writes in.
const TEXT_OCTETS: usize = 2_000;
/// Longest name of a server that is kept, in octets (RFC 1035 §2.3.4).
const SERVER: usize = 255;

/// What an attempt to deliver came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Taken by the remote server.
    Delivered,
    /// Not now: try again at this time, Unix milliseconds.
    Retry {
        /// When.
        due_at: u64,
    },
    /// Never.
    Failed,
}

impl Desk {
    /// Writes down an attempt to deliver and what follows from it, in one synced commit: the delivery's state, its place in
    /// the queue, a system message on the ticket when it failed for good (and the ticket opened again). Once a delivery has
    /// come to its end, further attempts change nothing.
    pub async fn record_attempt(
        &self,
        delivery: u64,
        attempt: Attempt,
        outcome: AttemptOutcome,
    ) -> Result<(), DeskError> {
        let attempt = bounded(attempt);
        retry::on_conflict(|| self.try_record_attempt(delivery, &attempt, outcome)).await
    }

    async fn try_record_attempt(&self, id: u64, attempt: &Attempt, outcome: AttemptOutcome) -> Result<(), DeskError> {
        let stored = self.inner.store.get(&keys::delivery(id)).await?.ok_or(DeskError::NotFound("delivery"))?;
        let Record { value: mut delivery, version }: Record<Delivery> = Record::read(&stored)?;
        if !delivery.is_waiting() {
            return Ok(());
        }
        let mut batch = Batch::new();
        batch.expect_version(keys::delivery(id), version).delete(keys::queue_due(delivery.due_at, id));
        add_attempt(&mut delivery, attempt.clone());
        match outcome {
            AttemptOutcome::Delivered => delivery.state = DeliveryState::Delivered,
            AttemptOutcome::Retry { due_at } => {
                delivery.state = DeliveryState::Deferred;
                delivery.due_at = due_at;
                batch.put(keys::queue_due(due_at, id), Vec::new());
            }
            AttemptOutcome::Failed => {
                delivery.state = DeliveryState::Failed;
                self.open_again(&delivery, attempt, &mut batch).await?;
                self.suppress_refused(&delivery, attempt, &mut batch);
            }
        }
        batch.put(keys::delivery(id), encode(&delivery));
        let change = Change::DeliveryChanged { ticket: delivery.ticket, message: delivery.message, delivery: id };
        batch.feed(change.to_entry());
        self.inner.store.commit(batch).await?;
        Ok(())
    }

    /// An address that the other server calls of no use gets no automatic mail, and who writes to it next is warned.
    fn suppress_refused(&self, delivery: &Delivery, attempt: &Attempt, batch: &mut Batch) {
        let is_hard = attempt.text.split_whitespace().take(2).any(bounce::is_hard);
        let Ok(address) = Address::parse(&delivery.recipient) else { return };
        if is_hard && attempt.code.is_some_and(|code| code >= 500) {
            let days = self.inner.settings.automatic.bounced_days;
            let reason = SuppressionReason::Bounced;
            let row = suppression(&address.key(), reason, &attempt.text, attempt.at, days, Some(delivery.ticket));
            batch.put(keys::suppression(&address.key()), encode(&row));
        }
    }

    /// The answer did not arrive: the ticket is ours again, and says why.
    async fn open_again(&self, delivery: &Delivery, attempt: &Attempt, batch: &mut Batch) -> Result<(), DeskError> {
        let number = delivery.ticket;
        let Some(stored) = self.inner.store.get(&keys::ticket(number)).await? else { return Ok(()) };
        let Record { value: mut ticket, version }: Record<Ticket> = Record::read(&stored)?;
        let id = self.inner.ids.next(&*self.inner.store).await?;
        let message = system_message(id, number, attempt.at, failure(delivery, attempt), None);
        show_message(&mut ticket, &message);
        if ticket.status != Status::Spam {
            set_status(&mut ticket, Status::Open, attempt.at);
        }
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

/// The attempt with texts of bounded length: a record that the store refuses would send the letter out twice.
fn bounded(mut attempt: Attempt) -> Attempt {
    attempt.text = attempt.text.chars().take(TEXT).collect();
    attempt.text.truncate(attempt.text.floor_char_boundary(TEXT_OCTETS));
    for name in [Some(&mut attempt.server), attempt.address.as_mut(), attempt.tls.as_mut()].into_iter().flatten() {
        name.truncate(name.floor_char_boundary(SERVER));
    }
    attempt
}

fn add_attempt(delivery: &mut Delivery, attempt: Attempt) {
    delivery.attempts.push(attempt);
    let surplus = delivery.attempts.len().saturating_sub(ATTEMPTS);
    delivery.attempts.drain(..surplus);
    delivery.attempt_count = delivery.attempt_count.saturating_add(1);
}

/// `Not delivered to ivan@shop.test: mx.shop.test said: 550 5.1.1 no such user`.
fn failure(delivery: &Delivery, attempt: &Attempt) -> String {
    let server = if attempt.server.is_empty() { String::new() } else { format!("{} said: ", attempt.server) };
    let code = attempt.code.map(|code| code.to_string()).filter(|code| !attempt.text.starts_with(code.as_str()));
    let code = code.map(|code| format!("{code} ")).unwrap_or_default();
    format!("Not delivered to {}: {server}{code}{}", delivery.recipient, attempt.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::clock::now_ms;
    use crate::desk::commands::NewMessage;
    use crate::desk::testing::{self, TestDesk};
    use crate::desk::{Message, MessageKind};
    use crate::store::Store;

    /// A queued reply to ivan@shop.test: its ticket and its delivery.
    async fn queued(test: &TestDesk) -> (u64, Delivery) {
        let (number, _) = test.ticket().await;
        let hello = NewMessage { text: "Hello".to_owned(), ..NewMessage::default() };
        test.desk.reply(&test.actor, number, hello).await.unwrap();
        let due = test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap();
        (number, due.into_iter().next().unwrap())
    }

    fn attempt(text: &str) -> Attempt {
        Attempt { at: now_ms(), server: "mx.shop.test".to_owned(), text: text.to_owned(), ..Attempt::default() }
    }

    async fn delivery(test: &TestDesk, number: u64) -> Delivery {
        let view = test.desk.ticket_view(&test.actor, number).await.unwrap();
        view.messages.into_iter().find_map(|message| message.deliveries.into_iter().next()).unwrap()
    }

    #[tokio::test]
    async fn a_delivered_letter_leaves_the_queue_for_good() {
        let test = testing::desk().await;
        let (number, queued) = queued(&test).await;
        let start = *test.store.feed_hint().borrow();
        test.desk.record_attempt(queued.id, attempt("250 ok"), AttemptOutcome::Delivered).await.unwrap();
        assert_eq!(test.desk.next_due().await.unwrap(), None);
        let after = delivery(&test, number).await;
        assert_eq!((after.state, after.attempts[0].text.as_str()), (DeliveryState::Delivered, "250 ok"));
        let feed = test.store.feed(start, 10).await.unwrap();
        let change = Change::DeliveryChanged { ticket: number, message: queued.message, delivery: queued.id };
        assert_eq!(feed.len(), 1);
        assert_eq!(Change::from_entry(&feed[0].entry).unwrap(), change);
        // A late word changes nothing.
        test.desk.record_attempt(queued.id, attempt("?"), AttemptOutcome::Retry { due_at: 1 }).await.unwrap();
        assert_eq!(test.desk.next_due().await.unwrap(), None);
        assert_eq!(delivery(&test, number).await, after);
        assert_eq!(test.desk.delivery(queued.id).await.unwrap(), Some(after));
    }

    #[tokio::test]
    async fn a_deferred_letter_moves_in_the_queue() {
        let test = testing::desk().await;
        let (number, queued) = queued(&test).await;
        let due_at = queued.due_at + 60_000;
        test.desk.record_attempt(queued.id, attempt("451 later"), AttemptOutcome::Retry { due_at }).await.unwrap();
        assert!(test.desk.due_deliveries(due_at - 1, (0, 0), 10).await.unwrap().is_empty());
        let due = test.desk.due_deliveries(due_at, (0, 0), 10).await.unwrap();
        assert_eq!((due.len(), due[0].state), (1, DeliveryState::Deferred));
        assert_eq!(test.desk.next_due().await.unwrap(), Some(due_at));
        // Behind the cursor there is nothing.
        assert!(test.desk.due_deliveries(due_at, (due_at, queued.id), 10).await.unwrap().is_empty());
        assert_eq!(delivery(&test, number).await.due_at, due_at);
    }

    #[tokio::test]
    async fn the_last_twenty_attempts_are_kept_whatever_the_server_says() {
        let test = testing::desk().await;
        let (number, queued) = queued(&test).await;
        for n in 0..25 {
            let words = attempt(&format!("{n:02}{}", "😀".repeat(5_000)));
            let outcome = AttemptOutcome::Retry { due_at: queued.due_at + n };
            test.desk.record_attempt(queued.id, words, outcome).await.unwrap();
        }
        let after = delivery(&test, number).await;
        assert_eq!((after.attempts.len(), after.attempt_count), (20, 25));
        assert!(after.attempts[0].text.starts_with("05") && after.attempts[19].text.starts_with("24"));
        assert!(after.attempts.iter().all(|attempt| attempt.text.chars().count() <= 1_000));
        assert_eq!(test.desk.due_deliveries(u64::MAX, (0, 0), 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_failed_letter_opens_its_ticket_with_the_remotes_words() {
        let test = testing::desk().await;
        let (number, queued) = queued(&test).await;
        assert_eq!(test.state(number).await.0.status, Status::Pending);
        let refused = Attempt { code: Some(550), ..attempt("5.1.1 no such user") };
        test.desk.record_attempt(queued.id, refused, AttemptOutcome::Failed).await.unwrap();
        let (ticket, _) = test.state(number).await;
        assert_eq!(ticket.status, Status::Open);
        assert!(ticket.waiting_since.is_some());
        let messages: Vec<Message> = test.desk.messages(number).await.unwrap();
        let last = messages.last().unwrap();
        assert_eq!(last.kind, MessageKind::System);
        let words = "Not delivered to ivan@shop.test: mx.shop.test said: 550 5.1.1 no such user";
        assert_eq!((last.text.as_str(), ticket.snippet.as_str()), (words, words));
        assert_eq!(test.desk.next_due().await.unwrap(), None);
        assert_eq!(delivery(&test, number).await.state, DeliveryState::Failed);
    }

    #[tokio::test]
    async fn attempts_of_two_recipients_failing_at_once_are_both_told() {
        let test = testing::desk().await;
        let (number, _) = test.ticket().await;
        let cc = vec!["olga@shop.test".to_owned()];
        let hello = NewMessage { text: "Hello".to_owned(), cc, ..NewMessage::default() };
        test.desk.reply(&test.actor, number, hello).await.unwrap();
        let due = test.desk.due_deliveries(now_ms(), (0, 0), 10).await.unwrap();
        let (one, two) = tokio::join!(
            test.desk.record_attempt(due[0].id, attempt("550 no"), AttemptOutcome::Failed),
            test.desk.record_attempt(due[1].id, attempt("550 no"), AttemptOutcome::Failed),
        );
        assert!(one.is_ok() && two.is_ok());
        let messages = test.desk.messages(number).await.unwrap();
        assert_eq!(messages.iter().filter(|message| message.kind == MessageKind::System).count(), 2);
    }

    #[tokio::test]
    async fn an_address_that_does_not_exist_is_suppressed_and_a_full_mailbox_is_not() {
        let test = testing::desk().await;
        for (words, expected) in [("5.2.2 mailbox full", 0), ("5.7.1 not wanted", 0), ("5.1.1 no such user", 1)] {
            let (_, queued) = queued(&test).await;
            let refused = Attempt { code: Some(550), ..attempt(words) };
            test.desk.record_attempt(queued.id, refused, AttemptOutcome::Failed).await.unwrap();
            let found = test.desk.suppressed(&["ivan@shop.test".to_owned()], now_ms()).await.unwrap();
            assert_eq!(found.len(), expected, "{words}");
        }
    }
}
