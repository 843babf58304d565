//! The ledger: what became of every recipient of every SMTP session.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::Reason;

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum LedgerVerdict {
    /// `250`.
    #[default]
    #[n(0)]
    Accepted,
    /// A `5xx`.
    #[n(1)]
    Refused,
    /// A `4xx`.
    #[n(2)]
    Deferred,
}

/// One line: one recipient's outcome (or a session's, where it came to no recipient).
#[derive(Clone, Debug, PartialEq, Encode, Decode, Serialize, ToSchema)]
pub struct LedgerLine {
    /// Unix milliseconds.
    #[n(0)]
    pub at: u64,
    /// The session.
    #[n(1)]
    pub session: u64,
    /// `ip:port` of the peer.
    #[n(2)]
    pub peer: String,
    /// The EHLO or HELO argument.
    #[n(3)]
    pub helo: String,
    /// `TLSv1.3`, or `None`.
    #[n(4)]
    pub tls: Option<String>,
    /// Envelope sender as key; empty for the null sender.
    #[n(5)]
    pub sender: String,
    /// Recipient as key; empty where there was none.
    #[n(6)]
    pub recipient: String,
    /// How it ended.
    #[n(7)]
    pub verdict: LedgerVerdict,
    /// Why.
    #[n(8)]
    pub reason: Reason,
    /// The whole reply as sent.
    #[n(9)]
    pub reply: String,
    /// The rule that decided.
    #[n(10)]
    pub rule: Option<u64>,
    /// The ticket's number.
    #[n(11)]
    pub ticket: Option<u64>,
    /// The letter's Message-ID.
    #[n(12)]
    pub message_id: Option<String>,
}
