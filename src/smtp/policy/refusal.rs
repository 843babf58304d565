//! Why a client, an envelope or a letter is turned away, and what it is told.

use crate::desk::{Finding, LedgerLine, LedgerVerdict, Reason, Stage};
use crate::mail::report::DmarcRow;
use crate::smtp::reply::Reply;

/// Turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::smtp) struct Refusal {
    /// Why.
    pub reason: Reason,
    /// More exactly, behind the codes; the reason's own text where `None`. Printable ASCII.
    pub text: Option<String>,
    /// The letter's Message-ID, where one was refused that has one.
    pub message_id: Option<String>,
    /// What was found in the letter.
    pub findings: Vec<Finding>,
    /// A verified letter that is refused for good, as the report to its From domain tells of it.
    pub counted: Option<Box<DmarcRow>>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, text: None, message_id: None, findings: Vec::new(), counted: None }
    }
}

impl Refusal {
    /// Turned away for what was found: the finding with the most points gives the reason.
    pub(super) fn for_findings(findings: &[Finding]) -> Self {
        let Some(worst) = findings.iter().max_by_key(|finding| finding.points) else {
            return Reason::Suspicious.into();
        };
        let reason = match worst.stage {
            Stage::EarlyTalker => Reason::EarlyTalker,
            Stage::Helo => Reason::BadHelo,
            Stage::Dnsbl => Reason::BlockListed,
            Stage::Virus => Reason::Virus,
            Stage::Rspamd => Reason::ScannerRejected,
            Stage::Pipelining | Stage::Spf | Stage::Dmarc | Stage::Unscanned => Reason::Suspicious,
        };
        let text = format!("{}: {}", reason.text(), worst.detail);
        Self { text: Some(text), ..reason.into() }
    }

    /// The same, with the letter as a report tells of it; not where the client is asked to come again.
    pub(in crate::smtp) fn counting(self, letter: Option<DmarcRow>) -> Self {
        let is_final = LedgerLine::verdict_of(self.reason) == LedgerVerdict::Refused;
        Self { counted: letter.filter(|_| is_final).map(Box::new), ..self }
    }

    /// What the client is told.
    pub(in crate::smtp) fn reply(&self) -> Reply {
        let mut reply = Reply::from(self.reason);
        if let Some(text) = &self.text {
            reply.text = text.clone().into();
        }
        reply
    }
}
