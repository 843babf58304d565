//! The ledger: what became of every recipient of every SMTP session.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

use super::Finding;
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
    /// `250`, and kept apart until an operator releases it.
    #[n(3)]
    Quarantined,
    /// The connection ended, and had brought nothing.
    #[n(4)]
    Ended,
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
    /// The sum of the findings' points.
    #[n(13)]
    #[cbor(default)]
    pub score: i32,
    /// What the policy found; at most one per stage.
    #[n(14)]
    #[cbor(default)]
    pub findings: Vec<Finding>,
    /// How many connections the line stands for, where it is more than this one.
    #[n(15)]
    pub count: Option<u32>,
}

impl LedgerLine {
    /// The peer's address without its port.
    pub fn peer_address(&self) -> Option<std::net::IpAddr> {
        self.peer.parse::<std::net::SocketAddr>().ok().map(|peer| peer.ip())
    }

    /// What a reason's reply comes to.
    pub fn verdict_of(reason: Reason) -> LedgerVerdict {
        match reason {
            Reason::NoLetter => LedgerVerdict::Ended,
            Reason::Quarantined => LedgerVerdict::Quarantined,
            _ => match reason.code() {
                200..400 => LedgerVerdict::Accepted,
                400..500 => LedgerVerdict::Deferred,
                _ => LedgerVerdict::Refused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Stage;

    /// A line as it was written before it had score, findings and count.
    #[derive(Encode)]
    struct Before {
        #[n(0)]
        at: u64,
        #[n(1)]
        session: u64,
        #[n(2)]
        peer: &'static str,
        #[n(3)]
        helo: &'static str,
        #[n(4)]
        tls: Option<&'static str>,
        #[n(5)]
        sender: &'static str,
        #[n(6)]
        recipient: &'static str,
        #[n(7)]
        verdict: LedgerVerdict,
        #[n(8)]
        reason: Reason,
        #[n(9)]
        reply: &'static str,
        #[n(10)]
        rule: Option<u64>,
        #[n(11)]
        ticket: Option<u64>,
        #[n(12)]
        message_id: Option<&'static str>,
    }

    #[test]
    fn a_line_written_before_there_were_findings_still_reads() {
        let before = Before {
            at: 5,
            session: 7,
            peer: "192.0.2.1:25",
            helo: "mx.a.test",
            tls: Some("TLSv1.3"),
            sender: "a@a.test",
            recipient: "help@demo.test",
            verdict: LedgerVerdict::Accepted,
            reason: Reason::Accepted,
            reply: "250 2.0.0 OK",
            rule: None,
            ticket: Some(1042),
            message_id: Some("1@a.test"),
        };
        let line: LedgerLine = minicbor::decode(&minicbor::to_vec(&before).unwrap()).unwrap();
        assert_eq!((line.ticket, line.score, line.findings.len(), line.count), (Some(1042), 0, 0, None));
        let findings = vec![Finding::new(Stage::Helo, 3, "a bare address")];
        let line = LedgerLine { score: 3, findings, count: Some(9), ..line };
        assert_eq!(minicbor::decode::<LedgerLine>(&minicbor::to_vec(&line).unwrap()).unwrap(), line);
    }
}
