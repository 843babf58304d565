//! Complaints: somebody pressed "this is spam" on a letter of ours, and his provider tells us so (ARF, RFC 5965).

use super::status::field;
use crate::mail::Letter;
use crate::mail::letter::feedback_report;

/// Characters of one value.
const MAX_VALUE: usize = 320;

/// A complaint about a letter of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// `abuse`, `fraud`, `virus`, `other`, `opt-out`… (RFC 5965 §7.3), in lower case.
    pub kind: String,
    /// Whose letter it was: the envelope senders that the report and the returned letter name.
    pub senders: Vec<String>,
    /// Who complained, where the report says so; many providers leave it out.
    pub recipients: Vec<String>,
    /// The returned letter's Message-ID.
    pub message_id: Option<String>,
    /// The program that made the report.
    pub reporter: Option<String>,
}

/// Reads a complaint; `None` for any other letter, and for a report that says the opposite (`not-spam`, RFC 6430).
pub fn complaint(letter: &Letter, raw: &[u8]) -> Option<Complaint> {
    let content_type = letter.header("Content-Type")?.to_ascii_lowercase();
    if !content_type.trim_start().starts_with("multipart/report") {
        return None;
    }
    let report = feedback_report(raw)?;
    let fields = report.fields.replace("\r\n", "\n");
    let value = |name: &str| {
        let value = field(&fields, name)?;
        let value: String =
            value.trim_matches(['<', '>', ' ']).chars().filter(|c| !c.is_control()).take(MAX_VALUE).collect();
        (!value.is_empty()).then_some(value)
    };
    let kind = value("Feedback-Type")?.to_ascii_lowercase();
    if kind == "not-spam" {
        return None;
    }
    let original = report.original.map(|original| Letter::parse(&original)).unwrap_or_default();
    let returned = original.header("Return-Path").map(|path| path.trim_matches(['<', '>', ' ']).to_owned());
    Some(Complaint {
        kind,
        senders: value("Original-Mail-From").into_iter().chain(returned).collect(),
        recipients: value("Original-Rcpt-To").into_iter().chain(value("Removal-Recipient")).collect(),
        message_id: original.message_id,
        reporter: value("User-Agent"),
    })
}
