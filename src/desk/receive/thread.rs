//! Which ticket a letter belongs to: the first clue that holds, or a new ticket. Pure.
//!
//! Promises: no stranger's letter lands in another customer's ticket for a number that he wrote into a subject; a ticket of another
//! mailbox is joined only by our own marks, which carry a MAC; every answer says which step it was and what it saw.

use std::collections::HashSet;

use super::clues::{Clue, Named};
use super::seen::Seen;
use crate::desk::codec::Record;
use crate::desk::{Directory, ThreadStep, Ticket};
use crate::mail::AuthResult;
use crate::rules::Status;

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What threading must know of a letter besides its clues.
pub(super) struct Asker<'a> {
    /// The From address as key; `None` where there is no valid one.
    pub from: Option<&'a str>,
    /// DMARC's result for it.
    pub dmarc: AuthResult,
    /// A person wrote it.
    pub is_from_person: bool,
    /// Now, Unix milliseconds.
    pub at: u64,
    /// Days after which a closed ticket stays closed.
    pub reopen_days: u32,
    /// Every mailbox that the letter is for.
    pub mailboxes: HashSet<u64>,
}

/// Where a letter goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Thread {
    /// The step that decided.
    pub step: ThreadStep,
    /// What it saw, in words.
    pub why: String,
    /// The ticket that it joins; a new one where `None`.
    pub joins: Option<Record<Ticket>>,
    /// For a new ticket: the closed one that it follows.
    pub follows: Option<u64>,
}

impl Thread {
    /// The same for a letter that is kept apart: a ticket of its own, with a link to the one that it would have joined.
    pub(super) fn apart(self) -> Self {
        let follows = self.joins.map(|joined| joined.value.number).or(self.follows);
        let why = format!("kept apart; {}", self.why);
        Self { step: ThreadStep::New, why, joins: None, follows }
    }
}

/// Finds the ticket for one mailbox. `joined` are the tickets that other shares of the same letter already join: none is joined twice.
pub(super) fn choose(
    clues: &[Clue<'_>],
    mailbox: u64,
    asker: &Asker<'_>,
    seen: &Seen,
    joined: &HashSet<u64>,
    directory: &Directory,
) -> Result<Thread, crate::store::StoreError> {
    let mut refused = Vec::new();
    for clue in clues {
        let Some(number) = seen.named(clue.names, mailbox)? else { continue };
        let Some(ticket) = seen.ticket(number)? else { continue };
        if joined.contains(&number) {
            continue;
        }
        let shown = directory.display(ticket.value.mailbox, number);
        if let Some(why_not) = refusal(clue, &ticket.value, mailbox, asker) {
            refused.push(format!("{} names {shown}, but {why_not}", words(clue)));
            continue;
        }
        let is_answer = asker.is_from_person && !matches!(clue.names, Named::Mailing(..));
        if is_answer && closed_for_long(&ticket.value, asker) {
            let why =
                format!("{} names {shown}, which is closed for more than {} days", words(clue), asker.reopen_days);
            return Ok(Thread { step: ThreadStep::Follows, why, joins: None, follows: Some(number) });
        }
        let why = format!("{} names {shown}", words(clue));
        return Ok(Thread { step: clue.step, why, joins: Some(ticket), follows: None });
    }
    let why = if refused.is_empty() { "nothing in the letter names a ticket".to_owned() } else { refused.join("; ") };
    Ok(Thread { step: ThreadStep::New, why, joins: None, follows: None })
}

/// Why a clue does not hold although its ticket exists.
fn refusal(clue: &Clue<'_>, ticket: &Ticket, mailbox: u64, asker: &Asker<'_>) -> Option<String> {
    let bears_mac = matches!(clue.step, ThreadStep::SubAddress | ThreadStep::OwnMessageId);
    if ticket.mailbox != mailbox {
        if !bears_mac {
            return Some("that is another mailbox's".to_owned());
        }
        if asker.mailboxes.contains(&ticket.mailbox) {
            return Some("that mailbox has the letter itself".to_owned());
        }
    }
    if clue.step == ThreadStep::Subject {
        return stranger(ticket, asker);
    }
    None
}

/// Why the sender is none who takes part. The From address counts only where DMARC has nothing against it: it would be enough
/// otherwise to write somebody else's address above the letter.
fn stranger(ticket: &Ticket, asker: &Asker<'_>) -> Option<String> {
    let Some(from) = asker.from else { return Some("the letter has no valid From address".to_owned()) };
    if !ticket.participants.iter().any(|participant| participant == from) {
        return Some(format!("{from} does not take part in it"));
    }
    match asker.dmarc {
        AuthResult::Pass | AuthResult::None | AuthResult::Neutral => None,
        AuthResult::Fail | AuthResult::SoftFail | AuthResult::TempError | AuthResult::PermError => {
            Some(format!("DMARC does not vouch for {from}"))
        }
    }
}

fn closed_for_long(ticket: &Ticket, asker: &Asker<'_>) -> bool {
    let is_closed = matches!(ticket.status, Status::Closed | Status::Solved);
    let reopened_until = ticket.closed_at.unwrap_or(u64::MAX).saturating_add(u64::from(asker.reopen_days) * DAY_MS);
    is_closed && asker.at > reopened_until
}

fn words(clue: &Clue<'_>) -> String {
    let written = super::bounds::cut(clue.written, 100);
    match (clue.step, clue.names) {
        (ThreadStep::SubAddress, Named::Message(message)) => format!("the bounce address of message {message}"),
        (ThreadStep::SubAddress, Named::Mailing(mailing, _)) => format!("the unsubscribe address of mailing {mailing}"),
        (ThreadStep::SubAddress, _) => format!("the recipient's sub-address {written}"),
        (ThreadStep::OwnMessageId, _) => format!("our own Message-ID <{written}>"),
        (ThreadStep::InReplyTo, _) => format!("In-Reply-To <{written}>"),
        (_, Named::OwnId(_)) => format!("an earlier letter that refers to this one, <{written}>,"),
        (ThreadStep::References, _) => format!("References <{written}>"),
        (ThreadStep::Subject | ThreadStep::New | ThreadStep::Follows, _) => format!("{written} in the subject"),
    }
}
