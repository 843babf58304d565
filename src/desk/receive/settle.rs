//! Looks, decides and commits until it holds.
//!
//! The order of durability: the raw letter goes into the blob store first, unsynced; then one synced batch with ticket, message,
//! indexes, ledger lines and feed entries covers both, since they share one log. `250` is said only behind that. A crash before
//! it leaves an orphan blob and a sender that tries again; a crash behind it leaves a ticket, and the sender's retry is known as a
//! duplicate.

use std::sync::Arc;

use super::Verdict;
use super::arrival::Arrival;
use super::contact::{self, Sender};
use super::count::{self, Fate};
use super::decide::{self, Case};
use super::facts::ask_rules;
use super::ledger::{self, Ending};
use super::look::Look;
use super::numbers::{LINES, Leased};
use super::plan::Plan;
use super::seen::Question;
use super::turned::{TurnedAway, turned_away};
use crate::desk::contention::Held;
use crate::desk::{Desk, DeskError, Directory, LedgerLine, Reason, retry};
use crate::rules::{Outcome, Turned};
use crate::store::{Announced, Batch, BlobHash, CommitError};

/// How often a letter is decided anew after a conflict.
const ATTEMPTS: u32 = 20;
/// Largest batch that is built, in octets: below the store's 1 MiB. A letter to so many mailboxes that one batch does not hold
/// them takes several: each mailbox's share is whole in one, and a retry finds those that were written.
const BATCH: usize = 900 * 1024;
/// Letters up to so many octets are announced to the store: the batch of a larger one is not near enough to be waited for.
const SMALL: usize = 64 * 1024;

/// What became of a letter.
pub(super) struct Settled {
    /// What the client is told.
    pub verdict: Verdict,
    /// What is counted.
    pub reason: Reason,
}

/// A letter on its way into the store: what is done once, however often it is decided.
struct Letter<'a> {
    desk: &'a Desk,
    arrival: &'a Arc<Arrival>,
    directory: Arc<Directory>,
    questions: Vec<Question<'a>>,
    /// Per share: what the rules said; `None` where it was taken before. Empty until they were asked.
    outcomes: Vec<Option<Outcome>>,
    raw: Option<BlobHash>,
    /// Nobody has written from its From address before.
    first_time: bool,
    leased: Leased,
    /// Until its batch comes, or is known not to come.
    near: Option<Announced>,
}

/// Stores a letter, or says why not.
pub(super) async fn settle(desk: &Desk, arrival: &Arc<Arrival>) -> Result<Settled, DeskError> {
    let directory = desk.directory();
    let questions = arrival.questions(&directory, &desk.inner.secret);
    let mut letter = Letter {
        desk,
        arrival,
        directory,
        questions,
        outcomes: Vec::new(),
        raw: None,
        first_time: false,
        leased: Leased::default(),
        near: (arrival.reading.source.len() <= SMALL).then(|| desk.inner.store.announce()),
    };
    let mut held = None;
    for attempt in 0..ATTEMPTS {
        let look = letter.look().await?;
        if look.is_duplicate() {
            letter.near = None;
            return Ok(letter.duplicate(&look).await);
        }
        letter.ask_rules(&look).await?;
        if let Some(away) = turned_away(&letter.outcomes, &look.taken) {
            letter.near = None;
            return Ok(letter.turn_away(away).await);
        }
        // Who lost a race for a ticket waits for his turn, and then looks again.
        let joined = look.joined();
        let is_held = |held: &Held<'_>| held.covers(&joined);
        if attempt > 0 && !joined.is_empty() && !held.as_ref().is_some_and(is_held) {
            drop(held.take());
            held = Some(desk.inner.contention.hold(&joined).await);
            continue;
        }
        match letter.write(&look).await {
            Err(DeskError::Commit(CommitError::Conflict)) => {
                metrics::counter!("mxdesk_commit_conflicts_total").increment(1);
                tokio::time::sleep(retry::pause(attempt)).await;
            }
            // It may have been applied: then the next look finds the letter taken. If not, the sender tries again.
            Err(DeskError::Commit(error @ CommitError::Unknown(_))) => {
                let look = letter.look().await?;
                return if look.is_duplicate() { Ok(letter.duplicate(&look).await) } else { Err(error.into()) };
            }
            outcome => return outcome,
        }
    }
    Err(CommitError::Conflict.into())
}

impl Letter<'_> {
    async fn look(&self) -> Result<Look, DeskError> {
        Look::take(self.desk, self.arrival, &self.questions, &self.directory).await
    }

    /// Asks the rules for every share that was not taken before: once, so that a letter is not judged twice.
    async fn ask_rules(&mut self, look: &Look) -> Result<(), DeskError> {
        if !self.outcomes.is_empty() {
            return Ok(());
        }
        let known = match contact::address(self.arrival) {
            Some(address) => look.seen.contact(address)?.is_some(),
            None => false,
        };
        self.first_time = !known && contact::address(self.arrival).is_some();
        let asked: Vec<usize> = (0..look.taken.len()).filter(|share| look.taken[*share].is_none()).collect();
        // What is kept apart is judged when it is released.
        let answers = match self.arrival.is_apart() {
            true => vec![Outcome::default(); asked.len()],
            false => ask_rules(self.arrival, asked.clone(), &self.directory, known).await?,
        };
        self.outcomes.resize_with(look.taken.len(), || None);
        for (share, outcome) in asked.into_iter().zip(answers) {
            self.outcomes[share] = Some(outcome);
        }
        Ok(())
    }

    /// Writes every share that was not taken before.
    async fn write(&mut self, look: &Look) -> Result<Settled, DeskError> {
        let sender = self.leased.fill(self.desk, self.arrival, look, &self.outcomes).await?;
        let raw = match self.raw {
            Some(raw) => raw,
            None => *self.raw.insert(self.desk.inner.blobs.keep(self.arrival.reading.source.clone()).await?),
        };
        let mut plans = self.decide(look, &sender, raw)?;
        let verdict = Verdict::Accepted { tickets: self.shown(look, &plans) };
        let reply = verdict.reply();
        for (share, plan) in &mut plans {
            let ending = self.ending(*share, plan.ticket, &reply);
            let lines = ledger::lines(self.arrival, *share, ending);
            for (line, sequence) in lines.zip(&self.leased.of(*share).lines) {
                ledger::add(&line, *sequence, plan);
            }
        }
        let written: Vec<(usize, u64)> = plans.iter().map(|(share, plan)| (*share, plan.ticket)).collect();
        let answers: Vec<u64> = plans.iter().filter_map(|(_, plan)| plan.answers).collect();
        self.near = None;
        commit(self.desk, plans.into_iter().map(|(_, plan)| plan)).await?;
        answer_behind(self.desk, answers);
        self.record_rest(look, &written, &reply).await;
        Ok(Settled { verdict, reason: self.accepted() })
    }

    fn decide(&self, look: &Look, sender: &Sender, raw: BlobHash) -> Result<Vec<(usize, Plan)>, DeskError> {
        let mut plans = Vec::new();
        for (share, thread) in look.threads.iter().enumerate() {
            let (Some(thread), Some(outcome)) = (thread, &self.outcomes[share]) else { continue };
            let case = Case {
                arrival: self.arrival,
                directory: &self.directory,
                settings: &self.desk.inner.settings,
                seen: &look.seen,
                share,
                question: &self.questions[share],
                thread,
                outcome,
                sender,
                raw,
                first_time: self.first_time,
            };
            let mut plan = decide::decide(&case, self.leased.of(share))?;
            // Once, though the letter went to several mailboxes.
            if share == 0 {
                let fate = if self.arrival.is_apart() { Fate::KeptApart } else { Fate::Taken };
                self.desk.count_letter(count::row(self.arrival, fate), self.arrival.at, &mut plan);
            }
            if plans.is_empty() {
                contact::add(sender, self.arrival, &self.directory, &mut plan);
            }
            plans.push((share, plan));
        }
        Ok(plans)
    }

    /// The tickets' display numbers, one per share, in order.
    fn shown(&self, look: &Look, plans: &[(usize, Plan)]) -> Vec<String> {
        let display = |share: usize| match &look.taken[share] {
            Some(taken) => Some(self.directory.display(taken.mailbox, taken.ticket)),
            None => {
                let (_, plan) = plans.iter().find(|(planned, _)| *planned == share)?;
                Some(self.directory.display(plan.mailbox, plan.ticket))
            }
        };
        (0..look.taken.len()).filter_map(display).collect()
    }

    fn ending<'r>(&self, share: usize, ticket: u64, reply: &'r str) -> Ending<'r> {
        let rule = match self.outcomes[share].as_ref().and_then(|outcome| outcome.turned.as_ref()) {
            Some(Turned::Rejected { rule, .. } | Turned::Deferred { rule, .. }) => Some(*rule),
            None => None,
        };
        Ending { reason: self.accepted(), reply, rule, ticket: Some(ticket) }
    }

    fn accepted(&self) -> Reason {
        self.arrival.judged.quarantine.unwrap_or(Reason::Accepted)
    }

    /// Ledger lines of an accepted letter that did not go into the batch: of shares that were taken before, and of recipients
    /// beyond the first [`LINES`].
    async fn record_rest(&self, look: &Look, written: &[(usize, u64)], reply: &str) {
        let mut lines = self.duplicate_lines(look, reply);
        for (share, ticket) in written {
            let ending = self.ending(*share, *ticket, reply);
            lines.extend(ledger::lines(self.arrival, *share, ending).skip(LINES));
        }
        self.desk.record(lines).await;
    }

    fn duplicate_lines(&self, look: &Look, reply: &str) -> Vec<LedgerLine> {
        let mut lines = Vec::new();
        for (share, taken) in look.taken.iter().enumerate() {
            let Some(taken) = taken else { continue };
            let ending = Ending { reason: Reason::Duplicate, reply, rule: None, ticket: Some(taken.ticket) };
            lines.extend(ledger::lines(self.arrival, share, ending));
        }
        lines
    }

    /// The same letter again: the same answer again.
    async fn duplicate(&self, look: &Look) -> Settled {
        let verdict = Verdict::Accepted { tickets: self.shown(look, &[]) };
        self.desk.record(self.duplicate_lines(look, &verdict.reply())).await;
        Settled { verdict, reason: Reason::Duplicate }
    }

    async fn turn_away(&self, away: TurnedAway) -> Settled {
        let verdict = Verdict::Refused { reason: away.reason, text: Some(away.text) };
        let reply = verdict.reply();
        let mut lines = Vec::new();
        for (share, rule) in away.rules.iter().enumerate() {
            let ending = Ending { reason: away.reason, reply: &reply, rule: *rule, ticket: None };
            lines.extend(ledger::lines(self.arrival, share, ending));
        }
        // Who is asked to come again is counted when he does.
        let refused = (away.reason == Reason::RuleRejected).then(|| count::row(self.arrival, Fate::Refused)).flatten();
        self.desk.record_refused(lines, refused.into_iter().collect()).await;
        Settled { verdict, reason: away.reason }
    }
}

/// Answers by machine behind the letter's own commit: its sender does not wait for that. What is lost with the process is found by the
/// next sweep.
pub(super) fn answer_behind(desk: &Desk, messages: Vec<u64>) {
    for message in messages {
        let desk = desk.clone();
        tokio::spawn(async move {
            if let Err(error) = desk.answer_automatically(message).await {
                tracing::warn!(message, %error, "an automatic answer is not decided yet");
            }
        });
    }
}

/// Commits plans in as few batches as hold them: one, but for letters to very many mailboxes.
async fn commit(desk: &Desk, plans: impl Iterator<Item = Plan>) -> Result<(), CommitError> {
    let mut batch = Batch::new();
    let mut size = 0;
    for plan in plans {
        if size > 0 && size + plan.size() > BATCH {
            desk.inner.store.commit(std::mem::take(&mut batch)).await?;
            size = 0;
        }
        size += plan.size();
        plan.write(&mut batch);
    }
    desk.inner.store.commit(batch).await?;
    Ok(())
}
