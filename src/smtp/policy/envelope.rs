//! The stages between EHLO and DATA.

use std::net::IpAddr;

use super::{Policy, Refusal, helo, points};
use crate::desk::{Finding, Recipient, Stage, score};
use crate::mail::Address;

/// A question of the session, asked after its own checks.
#[derive(Clone, Copy, Debug)]
pub(in crate::smtp) enum Asked<'a> {
    /// May this envelope sender come now?
    Sender(Option<&'a Address>),
    /// May this recipient get a letter from this client now?
    Recipient(&'a Recipient),
}

impl Policy {
    /// What is wrong with an EHLO name.
    pub(in crate::smtp) fn name(&self, name: &str) -> Option<Finding> {
        helo::judge(name, &self.config.hostname, &self.config.policy)
    }

    /// Commands stood behind one that must be the last of its group (RFC 2920 §3.1).
    pub(in crate::smtp) fn pipelined(&self, verb: &str) -> Option<Finding> {
        let given = self.config.policy.pipelining_points;
        let detail = format!("did not wait for the reply to {verb}");
        (given > 0).then(|| Finding::new(Stage::Pipelining, points(given), &detail))
    }

    /// What the block lists say.
    pub(in crate::smtp) async fn listed(&self, peer: IpAddr) -> Option<Finding> {
        self.dnsbl.ask(peer).await
    }

    /// Makes a client wait for the answer to MAIL or RCPT, where its findings or its errors ask for it.
    pub(in crate::smtp) async fn slow_down_if(&self, findings: &[Finding], errors: u32) {
        if self.is_suspicious(score(findings)) || self.is_guessing(errors) {
            self.slow_down().await;
        }
    }

    /// Whether a sender or a recipient is refused.
    pub(in crate::smtp) fn refuses(&self, findings: &[Finding], asked: Asked<'_>) -> Option<Refusal> {
        match asked {
            Asked::Sender(sender) => self.rates.sender(sender.map(Address::key).as_deref()).err().map(Refusal::from),
            Asked::Recipient(recipient) => {
                if self.is_too_much(score(findings)) && !is_role(recipient) {
                    return Some(Refusal::for_findings(findings));
                }
                self.rates.recipient(&recipient.address.key()).err().map(Refusal::from)
            }
        }
    }
}

/// `postmaster` (RFC 5321 §4.5.1) and `abuse` (RFC 2142 §2): who is refused must be able to ask why.
pub(super) fn is_role(recipient: &Recipient) -> bool {
    let local = recipient.address.local();
    local.eq_ignore_ascii_case("postmaster") || local.eq_ignore_ascii_case("abuse")
}
