//! Writes down an attempt to deliver and what follows from it.
//!
//! The gate is not asked: what was delivered and is not written down goes out twice. So this is tried on a full disk too.

use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{set_status, show_message, system_message};
use crate::desk::{Attempt, Change, Delivery, DeliveryState, Desk, DeskError, Ticket, keys, retry};
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
        if matches!(delivery.state, DeliveryState::Delivered | DeliveryState::Failed) {
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
            }
        }
        batch.put(keys::delivery(id), encode(&delivery));
        let change = Change::DeliveryChanged { ticket: delivery.ticket, message: delivery.message, delivery: id };
        batch.feed(change.to_entry());
        self.inner.store.commit(batch).await?;
        Ok(())
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
