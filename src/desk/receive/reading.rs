//! Reads a letter: everything that can be said of it without asking the store.

use std::panic::AssertUnwindSafe;

use bytes::{BufMut, Bytes, BytesMut};

use super::bounds::REFERENCE;
use super::duplicate::fingerprint;
use crate::mail::bounce::{self, Complaint, Outcome, Report};
use crate::mail::identifiers::{self, IdentifierKind};
use crate::mail::{Letter, NeedsEyes, fold, robot};

/// Above this size, in octets, a letter is read on the blocking pool.
pub(super) const LARGE: usize = 64 * 1024;
/// Identifiers are looked for in this much of the text, in octets.
const SEARCHED: usize = 64 * 1024;
/// Identifiers kept, at most.
const REFERENCES: usize = 100;

/// A letter as read.
pub(super) struct Reading {
    /// What is stored: our trace fields above the letter as sent.
    pub source: Bytes,
    /// Octets of the letter as sent.
    pub size: usize,
    /// The letter.
    pub letter: Letter,
    /// Where in its text the quoted history begins.
    pub quoted_at: usize,
    /// The sign by which a machine wrote it.
    pub robot: Option<String>,
    /// A person wrote it, be it through a mailing list.
    pub is_from_person: bool,
    /// What it reports of a letter of ours.
    pub report: Option<Report>,
    /// What it complains of.
    pub complaint: Option<Complaint>,
    /// Order, parcel and certificate numbers in it, as written.
    pub references: Vec<String>,
    /// By which a retry is known.
    pub fingerprint: [u8; 32],
}

impl Reading {
    /// Reads a letter with this envelope sender (its key; empty for the null sender).
    pub(super) async fn of(trace_header: String, raw: Bytes, envelope_from: String) -> Self {
        if raw.len() <= LARGE {
            return read(&trace_header, raw, &envelope_from);
        }
        let (kept_header, kept_raw, kept_from) = (trace_header.clone(), raw.clone(), envelope_from.clone());
        match tokio::task::spawn_blocking(move || read(&trace_header, raw, &envelope_from)).await {
            Ok(reading) => reading,
            // Only where the runtime is going down: there the letter is not committed either.
            Err(_) => unread(&kept_header, &kept_raw, &kept_from),
        }
    }

    /// The failed delivery that it reports.
    pub(super) fn failure(&self) -> Option<&Outcome> {
        self.report.as_ref()?.failure()
    }

    /// The text that is new in this letter.
    pub(super) fn new_text(&self) -> &str {
        self.letter.text.get(..self.quoted_at).unwrap_or(&self.letter.text)
    }

    /// The history that it quotes.
    pub(super) fn quoted(&self) -> &str {
        self.letter.text.get(self.quoted_at..).unwrap_or_default()
    }
}

/// Reads a letter. What makes a parser panic is a letter that needs eyes, like any other that cannot be read: it would be lost
/// otherwise, since its sender would try again in vain.
fn read(trace_header: &str, raw: Bytes, envelope_from: &str) -> Reading {
    let reading = std::panic::catch_unwind(AssertUnwindSafe(|| parse(trace_header, &raw, envelope_from)));
    reading.unwrap_or_else(|_| unread(trace_header, &raw, envelope_from))
}

fn parse(trace_header: &str, raw: &[u8], envelope_from: &str) -> Reading {
    let null_sender = envelope_from.is_empty();
    let letter = Letter::parse(raw);
    let robot = robot::detect(&letter, null_sender);
    let report = bounce::detect(&letter, raw, null_sender);
    let complaint = bounce::complaint(&letter, raw);
    Reading {
        source: source(trace_header, raw),
        size: raw.len(),
        quoted_at: fold::fold(&letter.text).new.len(),
        is_from_person: report.is_none()
            && complaint.is_none()
            && is_from_person(&letter, robot.as_deref(), null_sender),
        robot,
        report,
        complaint,
        references: references(&letter),
        fingerprint: fingerprint(letter.message_id.as_deref(), envelope_from, raw),
        letter,
    }
}

/// A letter of which nothing could be read.
fn unread(trace_header: &str, raw: &[u8], envelope_from: &str) -> Reading {
    Reading {
        source: source(trace_header, raw),
        size: raw.len(),
        letter: Letter { needs_eyes: Some(NeedsEyes::Unparseable), ..Letter::default() },
        quoted_at: 0,
        robot: None,
        is_from_person: !envelope_from.is_empty(),
        report: None,
        complaint: None,
        references: Vec::new(),
        fingerprint: fingerprint(None, envelope_from, raw),
    }
}

/// Whether a person wrote it. The signs of a mailing list are no sign of a machine here: many a company's support address is a list
/// that hands its letters on to us, and its customers' answers must open their tickets. (No machine answers them all the same.)
fn is_from_person(letter: &Letter, robot: Option<&str>, null_sender: bool) -> bool {
    let Some(sign) = robot else { return true };
    let is_lists = |name: &str, value: &str| {
        let starts =
            |text: &str, start: &str| text.get(..start.len()).is_some_and(|has| has.eq_ignore_ascii_case(start));
        starts(name, "List-") || (name.eq_ignore_ascii_case("Precedence") && starts(value.trim(), "list"))
    };
    let (name, value) = sign.split_once(':').unwrap_or((sign, ""));
    if null_sender || !is_lists(name, value) {
        return false;
    }
    let headers = letter.headers.iter().filter(|(name, value)| !is_lists(name, value)).cloned().collect();
    let (from, subject) = (letter.from.clone(), letter.subject.clone());
    robot::detect(&Letter { headers, from, subject, ..Letter::default() }, null_sender).is_none()
}

fn source(trace_header: &str, raw: &[u8]) -> Bytes {
    let mut source = BytesMut::with_capacity(trace_header.len() + raw.len());
    source.put_slice(trace_header.as_bytes());
    source.put_slice(raw);
    source.freeze()
}

/// The numbers in subject and text, as written, each once.
fn references(letter: &Letter) -> Vec<String> {
    let mut references: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let text = super::bounds::cut(&letter.text, SEARCHED);
    for identifier in identifiers::find(&letter.subject).into_iter().chain(identifiers::find(text)) {
        if references.len() == REFERENCES {
            break;
        }
        let wanted = identifier.kind == IdentifierKind::Number && identifier.text.len() <= REFERENCE;
        if wanted && seen.insert(identifier.normal) {
            references.push(identifier.text);
        }
    }
    references
}
