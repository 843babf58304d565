//! One share of a letter, decided: everything that was read goes in, the rows to be written come out. Pure.

use std::collections::HashSet;

use super::apply::{add_references, apply};
use super::arrival::Arrival;
use super::bounds::RECORD;
use super::clues::answered;
use super::contact::Sender;
use super::numbers::Numbers;
use super::plan::{Expect, Plan};
use super::seen::{Question, Seen};
use super::thread::Thread;
use super::{bounced, complained, mailing, message, report, ticket, traces};
use crate::desk::codec::encode;
use crate::desk::ticket_state::set_status;
use crate::desk::{
    AutomaticDue, AutomaticKind, Change, DeskSettings, Directory, KnownId, Message, Taken, Ticket, keys,
};
use crate::mail::identifiers;
use crate::rules::{Outcome, Status, Turned};
use crate::store::{BlobHash, StoreError};

/// Notes that rules may add to one letter.
pub(super) const NOTES: usize = 5;

/// What a decision about one share rests on.
pub(super) struct Case<'a> {
    pub arrival: &'a Arrival,
    pub directory: &'a Directory,
    pub settings: &'a DeskSettings,
    pub seen: &'a Seen,
    /// Which share.
    pub share: usize,
    pub question: &'a Question<'a>,
    pub thread: &'a Thread,
    pub outcome: &'a Outcome,
    pub sender: &'a Sender,
    /// The raw letter's name in the blob store.
    pub raw: BlobHash,
    /// Nobody has written from its From address before.
    pub first_time: bool,
}

/// The rows of one share.
pub(super) fn decide(case: &Case<'_>, numbers: &Numbers) -> Result<Plan, StoreError> {
    let at = case.arrival.at;
    let (mut ticket, expect) = match &case.thread.joins {
        Some(joined) => (joined.value.clone(), Expect::Version(joined.version)),
        None => (opened(case, numbers), Expect::Absent),
    };
    let is_new = expect == Expect::Absent;
    let mut plan = Plan::of(ticket.number, ticket.mailbox);
    if !is_new && case.question.unsubscribes.is_none() {
        ticket::reopen(&mut ticket, case.arrival);
    }
    mailing::note(case, &mut ticket, &mut plan)?;
    apply(&case.outcome.changes, &mut ticket, case.directory, at);
    if case.outcome.turned.is_some() && is_new {
        set_status(&mut ticket, Status::Closed, at);
    }
    if case.arrival.is_apart() {
        set_status(&mut ticket, Status::Spam, at);
    }

    let share = &case.arrival.shares[case.share];
    let ids = (ticket.number, numbers.message);
    let message = message::inbound(case.arrival, share, case.thread, ids, case.raw, case.first_time);
    ticket::add(&mut ticket, &message, case.arrival);
    plan.change(match is_new {
        true => Change::TicketCreated { ticket: ticket.number },
        false => Change::TicketUpdated { ticket: ticket.number },
    });
    plan.put(keys::message(ticket.number, message.id), encode(&message), Expect::Anything);
    plan.put(keys::message_ticket(message.id), encode(&ticket.number), Expect::Anything);
    if message.quarantine.is_some() {
        plan.put(keys::quarantine(at, message.id), Vec::new(), Expect::Anything);
    }
    plan.change(Change::MessageAdded { ticket: ticket.number, message: message.id });
    if !case.outcome.traces.is_empty() {
        plan.put(keys::trace(message.id), traces::bounded(&case.outcome.traces, RECORD), Expect::Anything);
    }
    add_notes(case, numbers, &mut ticket, &mut plan);
    if let (Some(report), Some(note), 0) = (&case.arrival.report, numbers.report, case.share)
        && report::concerns_us(report, case.directory)
    {
        let closes = is_new && case.outcome.changes.status.is_none();
        report::add(case.arrival, report, (message.id, note), closes, &mut ticket, &mut plan);
    }

    let captured = case.outcome.changes.references.iter();
    for reference in add_references(&mut ticket, captured.chain(&case.arrival.reading.references)) {
        let normal = identifiers::normalise(&reference);
        if !normal.is_empty() {
            plan.put(keys::reference(&normal, ticket.number), Vec::new(), Expect::Anything);
        }
    }
    if let Some(contact) = ticket.contact {
        plan.put(keys::contact_ticket(contact, ticket.number), Vec::new(), Expect::Anything);
    }
    let taken = Taken { ticket: ticket.number, mailbox: ticket.mailbox, message: message.id };
    let duplicate = keys::duplicate(share.mailbox, &case.arrival.reading.fingerprint);
    plan.put(duplicate, encode(&taken), Expect::Absent);
    know_ids(case, &ticket, &mut plan)?;
    bounced::note_report(case, message.id, &mut plan)?;
    complained::note_complaint(case, numbers, &mut ticket, &mut plan)?;
    // Reports come from machines, also where their letters have no other sign of it; who unsubscribes wants no answer.
    if case.arrival.report.is_none() && case.question.unsubscribes.is_none() {
        wish_for_answer(case.outcome, &message, &mut plan);
    }
    plan.put(keys::ticket(ticket.number), encode(&ticket), expect);
    Ok(plan)
}

/// A new ticket. Its number was leased, for threading had said so.
fn opened(case: &Case<'_>, numbers: &Numbers) -> Ticket {
    let mailbox = case.arrival.shares[case.share].mailbox;
    let number = numbers.ticket.unwrap_or_default();
    ticket::open(number, mailbox, case.sender.contact(), case.thread.follows, case.arrival)
}

fn add_notes(case: &Case<'_>, numbers: &Numbers, ticket: &mut Ticket, plan: &mut Plan) {
    let notes = notes(case.outcome);
    for (text, id) in notes.iter().zip(&numbers.notes) {
        let note = message::note(ticket.number, *id, case.arrival.at, text);
        plan.put(keys::message(ticket.number, note.id), encode(&note), Expect::Anything);
        plan.put(keys::message_ticket(note.id), encode(&ticket.number), Expect::Anything);
        plan.change(Change::MessageAdded { ticket: ticket.number, message: note.id });
        ticket.message_count = ticket.message_count.saturating_add(1);
    }
}

/// The notes that come with a letter: those of the rules, and why a refused letter is here all the same.
pub(super) fn notes(outcome: &Outcome) -> Vec<String> {
    let mut notes: Vec<String> = outcome.changes.notes.iter().take(NOTES).cloned().collect();
    if let Some(Turned::Rejected { rule, text } | Turned::Deferred { rule, text }) = &outcome.turned {
        let name = outcome.traces.iter().find(|trace| trace.rule == *rule).map_or("", |trace| trace.name.as_str());
        notes.push(format!(
            "The rule “{name}” refuses this letter ({text}). Another mailbox that it was also sent to has taken it, so the sender \
             was not told: it is kept here, closed."
        ));
    }
    notes
}

/// Makes the letter's Message-ID and those that it refers to known in the ticket's mailbox. What another ticket already has stays
/// there. A letter that joins a ticket of another mailbox teaches neither anything: our own marks lead there again.
fn know_ids(case: &Case<'_>, ticket: &Ticket, plan: &mut Plan) -> Result<(), StoreError> {
    let letter = &case.arrival.reading.letter;
    if ticket.mailbox != case.question.mailbox {
        return Ok(());
    }
    let mut done = HashSet::new();
    if let Some(id) = &letter.message_id {
        let id = KnownId::hash(id);
        done.insert(id);
        let row = encode(&KnownId { ticket: ticket.number, seen: true });
        match case.seen.known(ticket.mailbox, &id)? {
            None => plan.put(keys::message_id(ticket.mailbox, &id), row, Expect::Absent),
            Some(known) if !known.value.seen && known.value.ticket == ticket.number => {
                plan.put(keys::message_id(ticket.mailbox, &id), row, Expect::Version(known.version));
            }
            Some(_) => {}
        }
    }
    for (_, id) in answered(letter) {
        let id = KnownId::hash(id);
        if done.insert(id) && case.seen.known(ticket.mailbox, &id)?.is_none() {
            let row = encode(&KnownId { ticket: ticket.number, seen: false });
            plan.put(keys::message_id(ticket.mailbox, &id), row, Expect::Absent);
        }
    }
    Ok(())
}

/// A rule wants an automatic answer, or the sender a report of delivery: whether there is one is decided behind this commit, which
/// keeps the wish.
pub(super) fn wish_for_answer(outcome: &Outcome, message: &Message, plan: &mut Plan) {
    let wants_report = message.dsn.as_ref().is_some_and(|asked| {
        asked.recipients.iter().any(|recipient| recipient.notify.is_some_and(|notify| notify.success))
    });
    let text = outcome.changes.auto_reply.clone().unwrap_or_default();
    let kind = match (wants_report, text.is_empty()) {
        (true, _) => AutomaticKind::DeliveryReport,
        (false, false) => AutomaticKind::AutoReply,
        (false, true) => return,
    };
    let is_apart = message.quarantine.as_ref().is_some_and(|kept| kept.released_at.is_none());
    if outcome.turned.is_some() || is_apart {
        return;
    }
    let due = AutomaticDue { ticket: message.ticket, kind, text };
    plan.put(keys::automatic_due(message.id), encode(&due), Expect::Absent);
    plan.answers = Some(message.id);
}
