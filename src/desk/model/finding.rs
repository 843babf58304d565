//! What the policy found out about a client, an envelope or a letter.

use minicbor::{Decode, Encode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::desk::Reason;

/// The stage that found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PolicyStage)]
#[cbor(index_only)]
pub enum Stage {
    /// Octets came before the greeting.
    #[n(0)]
    EarlyTalker,
    /// Commands came before the reply that they must wait for.
    #[n(1)]
    Pipelining,
    /// The EHLO or HELO name.
    #[n(2)]
    Helo,
    /// DNS block lists.
    #[n(3)]
    Dnsbl,
    /// SPF.
    #[n(4)]
    Spf,
    /// DMARC.
    #[n(5)]
    Dmarc,
    /// rspamd.
    #[n(6)]
    Rspamd,
    /// The virus scanner.
    #[n(7)]
    Virus,
    /// A scanner that did not answer, or a letter too large for it.
    #[n(8)]
    Unscanned,
}

/// One finding with its points.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, ToSchema)]
#[schema(as = PolicyFinding)]
pub struct Finding {
    /// Which stage.
    #[n(0)]
    pub stage: Stage,
    /// Its points; negative speaks for the sender.
    #[n(1)]
    pub points: i32,
    /// What was seen, in words; at most 200 octets.
    #[n(2)]
    pub detail: String,
}

/// What the policy says of a letter that is taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Keep it apart until an operator releases it, and why.
    pub quarantine: Option<Reason>,
}

/// The sum of the points.
pub fn score(findings: &[Finding]) -> i32 {
    findings.iter().fold(0, |sum, finding| sum.saturating_add(finding.points))
}

impl Finding {
    /// A finding; its words are cut to 200 octets, and to printable ASCII (they may stand in a reply).
    pub fn new(stage: Stage, points: i32, detail: &str) -> Self {
        let detail = detail.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).take(200).collect();
        Self { stage, points, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_from_outside_cannot_break_a_reply() {
        let finding = Finding::new(Stage::Helo, 3, &format!("EHLO a\r\n250 OK\0ж{}", "x".repeat(500)));
        assert!(finding.detail.starts_with("EHLO a250 OKx") && finding.detail.len() == 200);
    }

    #[test]
    fn points_add_up_without_overflow() {
        let one = |points| Finding::new(Stage::Helo, points, "");
        assert_eq!(score(&[one(3), one(-1)]), 2);
        assert_eq!(score(&[one(i32::MAX), one(i32::MAX)]), i32::MAX);
    }
}
