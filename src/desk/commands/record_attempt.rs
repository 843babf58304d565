//! Writes down an attempt to deliver and what follows from it.
//!
//! The gate is not asked: what was delivered and is not written down goes out twice. So this is tried on a full disk too.

use crate::desk::codec::{Record, encode};
use crate::desk::commands::suppression;
use crate::desk::queries::tls_results;
use crate::desk::ticket_state::{set_status, show_message, system_message};
use crate::desk::{
    Attempt, Change, Delivery, DeliveryState, Desk, DeskError, Message, SuppressionReason, Ticket, TlsResult, keys,
    retry,
};
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
/// Deliveries of one commit: each has at most 64 KiB, and a batch 1 MiB.
const GROUP: usize = 12;

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

/// An attempt for one recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempted {
    /// The delivery.
    pub delivery: u64,
    /// What happened.
    pub attempt: Attempt,
    /// What it came to.
    pub outcome: AttemptOutcome,
    /// It takes long: the ticket is told, where it was not told before.
    pub notice: bool,
}

/// What a group of attempts changes besides the deliveries: the one ticket that they belong to.
#[derive(Default)]
struct Desktop {
    ticket: Option<Record<Ticket>>,
    told: Vec<Message>,
}

impl Desk {
    /// Writes down one attempt: see [`Desk::record_attempts`].
    pub async fn record_attempt(
        &self,
        delivery: u64,
        attempt: Attempt,
        outcome: AttemptOutcome,
    ) -> Result<(), DeskError> {
        self.record_attempts(&[Attempted { delivery, attempt, outcome, notice: false }], &[]).await
    }

    /// Writes down attempts of one message and what follows from them, in one synced commit as long as they fit into one: each
    /// delivery's state, its place in the queue, a system message on the ticket when it failed for good (and the ticket opened
    /// again) or takes long; and what TLS was like. Once a delivery has come to its end, further attempts change nothing.
    pub async fn record_attempts(&self, attempted: &[Attempted], tls: &[TlsResult]) -> Result<(), DeskError> {
        let bounded =
            |attempted: &Attempted| Attempted { attempt: bounded(attempted.attempt.clone()), ..attempted.clone() };
        let attempted: Vec<Attempted> = attempted.iter().map(bounded).collect();
        let mut tls = tls;
        for group in attempted.chunks(GROUP) {
            retry::on_conflict(|| self.try_record_attempts(group, tls)).await?;
            tls = &[];
        }
        Ok(())
    }

    async fn try_record_attempts(&self, attempted: &[Attempted], tls: &[TlsResult]) -> Result<(), DeskError> {
        let keys: Vec<_> = attempted.iter().map(|attempted| keys::delivery(attempted.delivery)).collect();
        let stored = self.inner.store.get_many(&keys).await?;
        if stored.iter().all(Option::is_none) {
            return Err(DeskError::NotFound("delivery"));
        }
        let mut batch = Batch::new();
        let mut desktop = Desktop::default();
        for (attempted, stored) in attempted.iter().zip(stored) {
            let Some(stored) = stored else { continue };
            let Record { value: delivery, version }: Record<Delivery> = Record::read(&stored)?;
            if delivery.is_waiting() {
                batch.expect_version(keys::delivery(delivery.id), version);
                self.note_attempt(delivery, attempted, &mut desktop, &mut batch).await?;
            }
        }
        desktop.put(&mut batch);
        for result in tls {
            batch.add(tls_results::key(result), 1);
        }
        if !batch.is_empty() {
            self.inner.store.commit(batch).await?;
        }
        Ok(())
    }

    /// What one attempt changes.
    async fn note_attempt(
        &self,
        mut delivery: Delivery,
        attempted: &Attempted,
        desktop: &mut Desktop,
        batch: &mut Batch,
    ) -> Result<(), DeskError> {
        let (id, attempt) = (delivery.id, &attempted.attempt);
        batch.delete(keys::queue_due(delivery.due_at, id));
        add_attempt(&mut delivery, attempt.clone());
        match attempted.outcome {
            AttemptOutcome::Delivered => delivery.state = DeliveryState::Delivered,
            AttemptOutcome::Retry { due_at } => {
                delivery.state = DeliveryState::Deferred;
                delivery.due_at = due_at;
                batch.put(keys::queue_due(due_at, id), Vec::new());
                if attempted.notice && delivery.delay_noticed_at.is_none() {
                    delivery.delay_noticed_at = Some(attempt.at);
                    self.tell_ticket(&delivery, attempt.at, delay(&delivery, attempt), None, desktop).await?;
                }
            }
            AttemptOutcome::Failed => {
                delivery.state = DeliveryState::Failed;
                let words = failure(&delivery, attempt);
                self.tell_ticket(&delivery, attempt.at, words, Some(Status::Open), desktop).await?;
                self.suppress_refused(&delivery, attempt, batch);
            }
        }
        batch.put(keys::delivery(id), encode(&delivery));
        let change = Change::DeliveryChanged { ticket: delivery.ticket, message: delivery.message, delivery: id };
        batch.feed(change.to_entry());
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

    /// A system message on the ticket. An answer that did not arrive makes the ticket ours again.
    async fn tell_ticket(
        &self,
        delivery: &Delivery,
        at: u64,
        text: String,
        status: Option<Status>,
        desktop: &mut Desktop,
    ) -> Result<(), DeskError> {
        let number = delivery.ticket;
        if desktop.ticket.as_ref().is_none_or(|record| record.value.number != number) {
            // Attempts of one call belong to one message, so there is no other ticket whose change would be lost here.
            let Some(stored) = self.inner.store.get(&keys::ticket(number)).await? else { return Ok(()) };
            desktop.ticket = Some(Record::read(&stored)?);
        }
        let Some(Record { value: ticket, .. }) = &mut desktop.ticket else { return Ok(()) };
        let id = self.inner.ids.next(&*self.inner.store).await?;
        let message = system_message(id, number, at, text, None);
        show_message(ticket, &message);
        if let Some(status) = status.filter(|_| ticket.status != Status::Spam && !ticket.is_quiet()) {
            set_status(ticket, status, at);
        }
        desktop.told.push(message);
        Ok(())
    }
}

impl Desktop {
    /// The ticket with what it was told. Feed entries of messages stand behind their ticket's.
    fn put(self, batch: &mut Batch) {
        let Some(Record { value: ticket, version }) = self.ticket.filter(|_| !self.told.is_empty()) else { return };
        let key = keys::ticket(ticket.number);
        batch.expect_version(key.clone(), version).put(key, encode(&ticket));
        batch.feed(Change::TicketUpdated { ticket: ticket.number }.to_entry());
        for message in self.told {
            let change = Change::MessageAdded { ticket: ticket.number, message: message.id };
            batch
                .put(keys::message(ticket.number, message.id), encode(&message))
                .put(keys::message_ticket(message.id), encode(&ticket.number))
                .feed(change.to_entry());
        }
    }
}

/// The attempt with texts of bounded length: a record that the store refuses would send the letter out twice.
fn bounded(mut attempt: Attempt) -> Attempt {
    attempt.text = attempt.text.chars().take(TEXT).collect();
    attempt.text.truncate(attempt.text.floor_char_boundary(TEXT_OCTETS));
    let Attempt { server, address, tls, tls_policy, certificate, .. } = &mut attempt;
    let others = [address, tls, tls_policy, certificate].into_iter().filter_map(Option::as_mut);
    for name in others.chain([server]) {
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

/// `Not yet delivered to ivan@shop.test after 9 attempts: mx.shop.test said: 451 later. It is tried further.`
fn delay(delivery: &Delivery, attempt: &Attempt) -> String {
    let (recipient, attempts) = (&delivery.recipient, delivery.attempt_count);
    format!("Not yet delivered to {recipient} after {attempts} attempts: {}. It is tried further.", said(attempt))
}

/// `Not delivered to ivan@shop.test: mx.shop.test said: 550 5.1.1 no such user`, or `… mx.shop.test: ` and our own words.
fn failure(delivery: &Delivery, attempt: &Attempt) -> String {
    format!("Not delivered to {}: {}", delivery.recipient, said(attempt))
}

fn said(attempt: &Attempt) -> String {
    let server = match (attempt.server.as_str(), attempt.code) {
        ("", _) => String::new(),
        (server, Some(_)) => format!("{server} said: "),
        (server, None) => format!("{server}: "),
    };
    let code = attempt.code.map(|code| code.to_string()).filter(|code| !attempt.text.starts_with(code.as_str()));
    let code = code.map(|code| format!("{code} ")).unwrap_or_default();
    format!("{server}{code}{}", attempt.text)
}

#[cfg(test)]
#[path = "record_attempt_tests.rs"]
mod tests;
