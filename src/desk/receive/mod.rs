//! The path of a letter: mailbox → duplicate? → thread → rules → one batch → commit → verdict.

use bytes::Bytes;

use super::{Desk, LedgerLine, Reason, Recipient, SessionFacts};
use crate::mail::{Address, Authentication};

/// A mail transaction (RFC 5321 §3.3) whose data has arrived.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// How it came.
    pub session: SessionFacts,
    /// The envelope sender; `None` for the null sender.
    pub mail_from: Option<Address>,
    /// At least one; each belongs to a mailbox.
    pub recipients: Vec<Recipient>,
    /// The letter as sent, dots removed, CRLF line ends.
    pub raw: Bytes,
    /// `Return-Path`, `Received` and `Authentication-Results` fields, CRLF line ends: stored above the letter.
    pub trace_header: String,
    /// What `mail::verify` found.
    pub authentication: Authentication,
}

/// What the client is told at the end of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `250 2.0.0 … ticket DEMO-1042`. Everything is durable.
    Accepted {
        /// The tickets' display numbers, one per mailbox.
        tickets: Vec<String>,
    },
    /// A rule or a limit says no.
    Refused {
        /// Why.
        reason: Reason,
        /// The reply's text, where a rule gives one (printable ASCII, one line).
        text: Option<String>,
    },
}

impl Desk {
    /// Stores a letter as a ticket, or says why not. Never answers `Accepted` before the commit is synced. Repeating the same
    /// transaction after a lost reply gives the same tickets.
    pub async fn receive(&self, transaction: Transaction) -> Verdict {
        let _ = transaction;
        todo!("desk-receive")
    }

    /// Writes ledger lines of what did not become a ticket (refused recipients, broken sessions); not synced. A failure is
    /// logged, not returned: the client's answer does not depend on it.
    pub async fn record(&self, lines: Vec<LedgerLine>) {
        let _ = lines;
        todo!("desk-receive")
    }
}
