//! Reads what mail servers report of letters of ours: delivery status notifications (RFC 3464, RFC 6522), those in free form that
//! older servers send, and complaints (`feedback`).
//!
//! Promises: what is for good (`failed`) is told from what is for now (`delayed`) and from good news (`delivered`, `relayed`,
//! `expanded`), per recipient. Letters that are not in the form of RFC 3464 are taken for reports only from the null sender.
//! Leaves to others: which message it is about (`desk`, by the VERP address), whether it is to be believed.

mod feedback;
mod status;
mod words;

use super::Letter;
use super::letter::{DeliveryReport, delivery_report};

pub use feedback::{Complaint, complaint};

use minicbor::{Decode, Encode};
use serde::Serialize;

/// What became of a letter for one recipient (RFC 3464 §2.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReportAction)]
#[cbor(index_only)]
pub enum Action {
    /// It could not be delivered, for good.
    #[default]
    #[n(0)]
    Failed,
    /// It is not delivered yet; the server goes on trying.
    #[n(1)]
    Delayed,
    /// It is in the mailbox.
    #[n(2)]
    Delivered,
    /// It went on to a server that sends no such reports.
    #[n(3)]
    Relayed,
    /// It went on to several addresses.
    #[n(4)]
    Expanded,
}

/// A report's word on one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub action: Action,
    /// The addresses by which the report names the recipient: the final one, then the original one (RFC 3464 §2.3.1 and §2.3.2).
    pub recipients: Vec<String>,
    /// The enhanced status code (`5.1.1`, RFC 3463), where one is given.
    pub status: Option<String>,
    /// The remote server's words; at most 1,000 characters.
    pub diagnostic: Option<String>,
    /// The server whose words they are; at most 255 characters.
    pub server: Option<String>,
}

/// A delivery status notification's gist: at least one outcome, at most 200.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One per recipient that it tells of.
    pub outcomes: Vec<Outcome>,
}

/// Characters of the diagnostic that are kept.
const MAX_DIAGNOSTIC: usize = 1_000;

impl Report {
    /// The first recipient for whom delivery failed for good; `None` for delays and good news.
    pub fn failure(&self) -> Option<&Outcome> {
        self.outcomes.iter().find(|outcome| outcome.action == Action::Failed)
    }
}

impl Outcome {
    /// The address itself is of no use (RFC 3463 §3.2: bad mailbox, bad system, bad syntax, moved, no mail at all; §3.3: disabled): a
    /// letter to it will fail tomorrow too. A full mailbox, a refusal for what the letter says or for who sends it may pass.
    pub fn is_hard(&self) -> bool {
        self.action == Action::Failed && self.status.as_deref().is_some_and(is_hard)
    }
}

/// Whether an enhanced status code says that the address is of no use.
pub fn is_hard(status: &str) -> bool {
    matches!(status.trim(), "5.1.1" | "5.1.2" | "5.1.3" | "5.1.6" | "5.1.10" | "5.2.1")
}

/// Reads a report, or answers `None` for any other letter.
pub fn detect(letter: &Letter, raw: &[u8], null_sender: bool) -> Option<Report> {
    let looks_like_one = null_sender || letter.header("Content-Type").is_some_and(is_report);
    if !looks_like_one {
        return None;
    }
    let outcomes = match delivery_report(raw) {
        Some(DeliveryReport { status: Some(status), .. }) => status::outcomes(&status),
        // Of another kind: a read receipt, a complaint.
        Some(DeliveryReport { is_report: true, .. }) => return None,
        _ => words::outcome(letter).filter(|_| null_sender).into_iter().collect(),
    };
    (!outcomes.is_empty()).then_some(Report { outcomes })
}

fn is_report(content_type: &str) -> bool {
    content_type.trim_start().get(..16).is_some_and(|start| start.eq_ignore_ascii_case("multipart/report"))
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_DIAGNOSTIC).collect()
}

#[cfg(test)]
mod tests;
