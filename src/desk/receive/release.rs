//! Releases a letter from quarantine: what would have happened at its arrival happens now.
//!
//! Promises: one commit takes the mark away, asks the delivery rules once, opens the ticket and says who released it. A rule that
//! refuses letters refuses nothing here: its sender was told `250`, and a person has looked.

use super::Transaction;
use super::apply::{add_references, apply};
use super::arrival::Arrival;
use super::bounds::RECORD;
use super::contact::{self, Sender};
use super::facts::ask_rules;
use super::plan::{Expect, Plan};
use super::settle::answer_behind;
use super::{decide, message, traces};
use crate::desk::clock::now_ms;
use crate::desk::codec::{Record, encode};
use crate::desk::ticket_state::{set_status, system_message};
use crate::desk::{
    Actor, Change, Desk, DeskError, DsnRequest, Judged, Message, Quarantine, Recipient, Ticket, Written, keys, retry,
};
use crate::mail::{Address, identifiers};
use crate::rules::{Outcome, Status, Turned};
use crate::store::Batch;

/// What a release works on.
struct Kept {
    message: Record<Message>,
    ticket: Record<Ticket>,
    quarantine: Quarantine,
}

impl Desk {
    /// Releases a letter that is kept apart; answers its ticket's number. One that is released already stays as it is.
    pub async fn release(&self, actor: &Actor, message: u64) -> Result<Written<u64>, DeskError> {
        actor.may_work_on_tickets()?;
        self.may_grow()?;
        retry::on_conflict(|| self.try_release(actor, message)).await
    }

    async fn try_release(&self, actor: &Actor, id: u64) -> Result<Written<u64>, DeskError> {
        let kept = self.kept_apart(actor, id).await?;
        let number = kept.ticket.value.number;
        if kept.quarantine.released_at.is_some() {
            return Ok(Written { value: number, position: *self.inner.store.feed_hint().borrow() });
        }
        let raw = self.message_source(actor, id).await?;
        let arrival = std::sync::Arc::new(arrival(&kept, raw).await?);
        let directory = self.directory();
        let known = match contact::address(&arrival) {
            Some(address) => self.inner.store.get(&keys::contact_address(address)).await?,
            None => None,
        };
        let known = known.as_ref().map(Record::<u64>::read).transpose()?.map(|record| record.value);
        let outcome = ask_rules(&arrival, vec![0], &directory, known.is_some()).await?.pop().unwrap_or_default();
        let sender = match (contact::address(&arrival), known) {
            (None, _) => Sender::Nobody,
            (Some(_), Some(known)) => Sender::Known(known),
            (Some(_), None) => Sender::New(self.inner.ids.next(&*self.inner.store).await?),
        };

        let now = now_ms();
        let mut ticket = kept.ticket.value.clone();
        set_status(&mut ticket, Status::New, now);
        apply(&outcome.changes, &mut ticket, &directory, now);
        ticket.contact = ticket.contact.or(sender.contact());
        ticket.updated_at = now;
        let mut plan = Plan::of(number, ticket.mailbox);
        contact::add(&sender, &arrival, &directory, &mut plan);
        if let Some(contact) = ticket.contact {
            plan.put(keys::contact_ticket(contact, number), Vec::new(), Expect::Anything);
        }
        for reference in add_references(&mut ticket, outcome.changes.references.iter()) {
            let normal = identifiers::normalise(&reference);
            if !normal.is_empty() {
                plan.put(keys::reference(&normal, number), Vec::new(), Expect::Anything);
            }
        }
        if !outcome.traces.is_empty() {
            plan.put(keys::trace(id), traces::bounded(&outcome.traces, RECORD), Expect::Anything);
        }
        for text in outcome.changes.notes.iter().take(decide::NOTES) {
            let note = message::note(number, self.inner.ids.next(&*self.inner.store).await?, now, text);
            ticket.message_count = ticket.message_count.saturating_add(1);
            add(note, &mut plan);
        }
        let words = system_message(
            self.inner.ids.next(&*self.inner.store).await?,
            number,
            now,
            words(&kept.quarantine, &outcome),
            actor.operator(),
        );
        add(words, &mut plan);
        let quarantine = Quarantine { released_at: Some(now), released_by: actor.operator(), ..kept.quarantine };
        let released = Message { quarantine: Some(quarantine), ..kept.message.value };
        plan.put(keys::message(number, id), encode(&released), Expect::Version(kept.message.version));
        plan.put(keys::ticket(number), encode(&ticket), Expect::Version(kept.ticket.version));
        plan.delete(keys::quarantine(released.at, id));
        plan.change(Change::TicketUpdated { ticket: number });
        decide::wish_for_answer(&outcome, &released, &mut plan);
        let answers = plan.answers.into_iter().collect();
        let mut batch = Batch::new();
        plan.write(&mut batch);
        let committed = self.inner.store.commit(batch).await?;
        answer_behind(self, answers);
        Ok(Written { value: number, position: committed.position })
    }

    async fn kept_apart(&self, actor: &Actor, id: u64) -> Result<Kept, DeskError> {
        let number = self.message_by_id(actor, id).await?.ticket;
        let missing = || DeskError::NotFound("letter in quarantine");
        let stored = self.inner.store.get_many(&[keys::message(number, id), keys::ticket(number)]).await?;
        let [Some(message), Some(ticket)] = stored.as_slice() else { return Err(missing()) };
        let (message, ticket) = (Record::<Message>::read(message)?, Record::read(ticket)?);
        let quarantine = message.value.quarantine.clone().ok_or_else(missing)?;
        Ok(Kept { message, ticket, quarantine })
    }
}

/// The letter as it arrived.
async fn arrival(kept: &Kept, source: bytes::Bytes) -> Result<Arrival, DeskError> {
    let message = &kept.message.value;
    // The letter as sent is the end of the source: our trace fields stand above it.
    let size = usize::try_from(message.size).unwrap_or(usize::MAX).min(source.len());
    let recipient = |address: &String| {
        let address = Address::parse(address).ok()?;
        Some(Recipient { address, mailbox: kept.ticket.value.mailbox, sub_address: None })
    };
    let recipients: Vec<Recipient> = message.envelope_to.iter().filter_map(recipient).collect();
    if recipients.is_empty() {
        return Err(DeskError::Internal(format!("the recipients of message {} cannot be read", message.id)));
    }
    let transaction = Transaction {
        session: message.session.clone().unwrap_or_default(),
        mail_from: Address::parse(&message.envelope_from).ok(),
        recipients,
        dsn: DsnRequest::default(),
        require_tls: message.require_tls,
        raw: source.slice(source.len() - size..),
        trace_header: String::new(),
        authentication: message.authentication.clone().unwrap_or_default(),
        judged: Judged::default(),
    };
    Ok(Arrival::of(transaction, message.at).await)
}

/// Adds a message that is not the letter.
fn add(message: Message, plan: &mut Plan) {
    plan.put(keys::message(message.ticket, message.id), encode(&message), Expect::Anything);
    plan.put(keys::message_ticket(message.id), encode(&message.ticket), Expect::Anything);
    plan.change(Change::MessageAdded { ticket: message.ticket, message: message.id });
}

fn words(quarantine: &Quarantine, outcome: &Outcome) -> String {
    let mut text = format!("released from quarantine ({} points)", quarantine.score);
    if let Some(Turned::Rejected { rule, text: reply } | Turned::Deferred { rule, text: reply }) = &outcome.turned {
        text.push_str(&format!("\nrule {rule} would have turned the letter away ({reply})"));
    }
    text
}
