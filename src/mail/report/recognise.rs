//! Finds the report that a letter brings.

use super::{DmarcReport, TlsReport, Unpacked, read_dmarc, read_tls, unpack};
use crate::mail::{Attachment, Letter};

/// Attachments that are tried; a report has one.
const MAX_TRIED: usize = 4;
/// Kinds of content that reports come in. What they hold is told by their first octets.
const TYPES: [&str; 10] = [
    "application/gzip",
    "application/octet-stream",
    "application/tlsrpt+gzip",
    "application/tlsrpt+json",
    "application/x-gzip",
    "application/x-zip-compressed",
    "application/xml",
    "application/zip",
    "text/plain",
    "text/xml",
];

/// What a letter reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// How letters that named our domain fared.
    Dmarc(DmarcReport),
    /// How connections to our MX hosts fared.
    Tls(TlsReport),
}

impl Report {
    /// The domain that it is about, in lower case.
    pub fn domain(&self) -> &str {
        match self {
            Report::Dmarc(report) => &report.domain,
            Report::Tls(report) => report.domain(),
        }
    }

    /// The time that it covers, in Unix seconds.
    pub fn period(&self) -> (i64, i64) {
        match self {
            Report::Dmarc(report) => (report.begin, report.end),
            Report::Tls(report) => (report.begin, report.end),
        }
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        match self {
            Report::Dmarc(report) => report.summary(),
            Report::Tls(report) => report.summary(),
        }
    }
}

/// Whether it is worth looking into a letter's attachments: cheap, and true for few letters but reports.
pub fn may_hold_report(letter: &Letter) -> bool {
    letter.attachments.iter().any(|attachment| is_candidate(letter, attachment))
}

/// Whether subject or type say that the letter is a report and nothing else (RFC 7489 §7.2.1.1, RFC 8460 §5.3).
pub fn is_announced(letter: &Letter) -> bool {
    let subject = letter.subject.to_lowercase();
    let kind = letter.header("Content-Type").unwrap_or_default().to_lowercase();
    (subject.contains("report domain:") || kind.contains("report-type") && kind.contains("tlsrpt"))
        && !subject.starts_with("re:")
        && !subject.starts_with("fw")
}

/// The report in a letter (its source is `raw`); `None` where there is none that can be read. Unpacks: for the blocking pool.
pub fn recognise(letter: &Letter, raw: &[u8]) -> Option<Report> {
    let candidates = letter.attachments.iter().filter(|attachment| is_candidate(letter, attachment));
    candidates.take(MAX_TRIED).find_map(|attachment| {
        let content = Attachment::content(raw, attachment.part)?;
        match unpack(&content).ok()? {
            Unpacked::Xml(xml) => read_dmarc(&xml).map(Report::Dmarc),
            Unpacked::Json(json) => read_tls(&json).map(Report::Tls),
        }
    })
}

/// A file name as the RFCs ask for it has `!` between its parts; some reporters announce the report in the subject only.
fn is_candidate(letter: &Letter, attachment: &Attachment) -> bool {
    let kind = attachment.content_type.as_str();
    kind.starts_with("application/tlsrpt")
        || TYPES.contains(&kind) && (attachment.name.contains('!') || is_announced(letter))
}
