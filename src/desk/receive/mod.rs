//! The path of a letter: mailbox → duplicate? → thread → rules → one batch → commit → verdict.
//!
//! Promises: [`Verdict::Accepted`] only when raw letter and ticket are durable; a retry of the same letter gives the same tickets;
//! no letter is refused for what it looks like, only by a rule or for want of room; every recipient's outcome is in the ledger.
//! Leaves to others: the envelope and its checks (`smtp`), parsing and verifying (`mail`), what rules mean (`rules`).

mod apply;
mod arrival;
mod bounced;
mod bounds;
mod clues;
mod complained;
mod contact;
mod count;
mod decide;
mod duplicate;
mod facts;
pub(in crate::desk) mod kinds;
pub(in crate::desk) mod ledger;
mod look;
mod mailboxes;
mod mailing;
mod message;
mod numbers;
mod plan;
mod reading;
mod release;
mod report;
mod reported;
mod seen;
mod settle;
mod thread;
mod ticket;
mod traces;
mod turned;
mod verdict;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use self::arrival::Arrival;
use self::ledger::Ending;
use super::clock::now_ms;
use super::{Desk, DeskError, DsnRequest, Judged, Reason, Recipient, SessionFacts};
use crate::mail::{Address, Authentication};
use crate::store::Health;

pub use count::{Fate, dmarc_row};
pub use verdict::Verdict;

/// A mail transaction (RFC 5321 §3.3) whose data has arrived.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// How it came.
    pub session: SessionFacts,
    /// The envelope sender; `None` for the null sender.
    pub mail_from: Option<Address>,
    /// At least one; each belongs to a mailbox.
    pub recipients: Vec<Recipient>,
    /// What was asked about reports, for all recipients.
    pub dsn: DsnRequest,
    /// `REQUIRETLS` was asked (RFC 8689 §4).
    pub require_tls: bool,
    /// The letter as sent, dots removed, CRLF line ends.
    pub raw: Bytes,
    /// `Return-Path`, `Received` and `Authentication-Results` fields, CRLF line ends: stored above the letter.
    pub trace_header: String,
    /// What `mail::verify` found.
    pub authentication: Authentication,
    /// What the policy found.
    pub judged: Judged,
}

impl Desk {
    /// Stores a letter as a ticket, or says why not. Never answers `Accepted` before the commit is synced. Repeating the same
    /// transaction after a lost reply gives the same tickets. Writes the ledger lines of all its recipients itself.
    pub async fn receive(&self, transaction: Transaction) -> Verdict {
        let started = Instant::now();
        let session = transaction.session.id;
        let arrival = Arc::new(Arrival::of(transaction, now_ms()).await);
        let outcome = match self.inner.store.health() {
            Health::Ready => settle::settle(self, &arrival).await,
            Health::LowDisk => Err(DeskError::LowDisk),
            Health::Failed => Err(DeskError::Unavailable),
        };
        let (verdict, reason) = match outcome {
            Ok(settled) => (settled.verdict, settled.reason),
            Err(error) => {
                let reason = self.reason(&error);
                tracing::error!(%error, session, reason = reason.word(), "a letter was not stored");
                (self.refuse(&arrival, reason).await, reason)
            }
        };
        metrics::counter!("mxdesk_letters_total", "verdict" => reason.word()).increment(1);
        metrics::histogram!("mxdesk_receive_seconds").record(started.elapsed());
        verdict
    }

    /// What the client is told of a failure: every one of ours may pass, so the sender is asked to come again.
    fn reason(&self, error: &DeskError) -> Reason {
        match error {
            DeskError::LowDisk => Reason::LowDisk,
            _ if self.inner.store.health() == Health::LowDisk => Reason::LowDisk,
            _ => Reason::StoreUnavailable,
        }
    }

    async fn refuse(&self, arrival: &Arrival, reason: Reason) -> Verdict {
        let verdict = Verdict::Refused { reason, text: None };
        if self.inner.store.health() != Health::Failed {
            let reply = verdict.reply();
            let ending = Ending { reason, reply: &reply, rule: None, ticket: None };
            let lines = (0..arrival.shares.len()).flat_map(|share| ledger::lines(arrival, share, ending));
            self.record(lines.collect()).await;
        }
        verdict
    }
}
