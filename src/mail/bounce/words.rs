//! Reports in free form: qmail, older Exim and Exchange, and many a web shop's server.

use std::sync::LazyLock;

use regex::Regex;

use super::{Action, Outcome, cut};
use crate::mail::Letter;

/// Octets of a text in which words are looked for.
const MAX_SEARCH: usize = 16 * 1024;
/// Recipients of one letter that are named in its header.
const MAX_RECIPIENTS: usize = 50;

/// An enhanced status code that is no part of an address or version number (RFC 3463 §2).
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
static STATUS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s(#=])([45]\.\d{1,3}\.\d{1,3})(?:$|[\s),:;\]])").expect("a valid pattern"));

/// A line in which a server says why: a reply code at its beginning.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
static REPLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^.{0,200}?\b([45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b.*|5[0-9]{2}[ -]\S.*)$").expect("a valid pattern")
});

/// Words in the subject by which servers say that a letter failed, or is late.
const SUBJECTS: [&str; 18] = [
    "undeliver",
    "delivery status",
    "delivery fail",
    "delivery has failed",
    "delivery notification",
    "mail delivery failed",
    "mail system error",
    "returned mail",
    "returned to sender",
    "failure notice",
    "delivery failure",
    "could not be delivered",
    "warning: message",
    "delayed",
    "недоставлен",
    "не доставлен",
    "devolvid",
    "unzustellbar",
];

/// Words of a server that has not given up.
const DELAYS: [&str; 9] = [
    "delayed",
    "will be retried",
    "will continue to try",
    "will keep trying",
    "will be attempted again",
    "has not yet been delivered",
    "you do not need to resend",
    "no action is required on your part",
    "this is a warning message only",
];

/// A report in free form: not an answer, with the words that servers use.
pub(super) fn outcome(letter: &Letter) -> Option<Outcome> {
    let subject = letter.subject.to_lowercase();
    let failed = letter.header("X-Failed-Recipients");
    let is_answer = letter.header("Auto-Submitted").is_some_and(|value| value.starts_with("auto-replied"));
    let says_so = SUBJECTS.iter().any(|words| subject.contains(words)) || failed.is_some();
    if is_answer && failed.is_none() || !says_so {
        return None;
    }
    let text = &letter.text[..letter.text.floor_char_boundary(MAX_SEARCH)];
    let diagnostic = REPLY.captures(text).map(|found| cut(found[1].trim()));
    let status = diagnostic.as_deref().and_then(status_in).or_else(|| status_in(text));
    let lower = text.to_lowercase();
    let is_late = failed.is_none() && DELAYS.iter().any(|words| subject.contains(words) || lower.contains(words));
    // In free words a code of class 4 is as often a mere warning as the reason for giving up: nothing is held to have failed.
    let is_for_now = status.as_deref().is_some_and(|status| status.starts_with('4'));
    let recipients = failed.unwrap_or_default().split(',').map(|address| address.trim().to_owned());
    Some(Outcome {
        action: if is_late || is_for_now { Action::Delayed } else { Action::Failed },
        recipients: recipients.filter(|address| !address.is_empty()).take(MAX_RECIPIENTS).collect(),
        status,
        diagnostic,
        server: None,
    })
}

/// The first enhanced status code of class 4 or 5 in a text.
pub(super) fn status_in(text: &str) -> Option<String> {
    STATUS.captures(text).map(|found| found[1].to_owned())
}
