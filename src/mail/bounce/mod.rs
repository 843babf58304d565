//! Recognises reports of failed delivery (RFC 3464) and reads what they say.
//!
//! Promises: a report of delay, success or relaying is no bounce. Letters that are not in the form of RFC 3464 are
//! taken for bounces only from the null sender.
//! Leaves to others: which message bounced (`desk`, by the VERP address).

mod status;

use std::sync::LazyLock;

use regex::Regex;

use super::Letter;
use super::letter::{DeliveryReport, delivery_report};

/// A delivery status notification's gist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The enhanced status code (`5.1.1`), where one is given.
    pub status: Option<String>,
    /// The remote server's words.
    pub diagnostic: Option<String>,
}

/// Characters of the diagnostic that are kept.
const MAX_DIAGNOSTIC: usize = 1_000;
/// Octets of a text in which words are looked for.
const MAX_SEARCH: usize = 16 * 1024;

/// An enhanced status code that is no part of an address or version number (RFC 3463 §2).
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
static STATUS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:^|[\s(#=])([45]\.\d{1,3}\.\d{1,3})(?:$|[\s),:;\]])").expect("a valid pattern"));

/// A line in which a server says why: a reply code at its beginning.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
static REPLY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^.{0,200}?\b([45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b.*|5[0-9]{2}[ -]\S.*)$").expect("a valid pattern")
});

/// Reads a bounce, or answers `None` for any other letter.
pub fn detect(letter: &Letter, raw: &[u8], null_sender: bool) -> Option<Bounce> {
    let looks_like_one = null_sender || letter.header("Content-Type").is_some_and(is_report);
    if !looks_like_one {
        return None;
    }
    match delivery_report(raw) {
        Some(DeliveryReport { status: Some(status), .. }) => status::failed(&status),
        Some(DeliveryReport { is_report: true, .. }) => None,
        _ => in_words(letter).filter(|_| null_sender),
    }
}

fn is_report(content_type: &str) -> bool {
    content_type.trim_start().get(..16).is_some_and(|start| start.eq_ignore_ascii_case("multipart/report"))
}

/// A bounce in free form: from the null sender, not an answer, with the words that servers use.
fn in_words(letter: &Letter) -> Option<Bounce> {
    const SUBJECTS: [&str; 14] = [
        "undeliver",
        "delivery status",
        "delivery fail",
        "delivery has failed",
        "mail delivery failed",
        "returned mail",
        "returned to sender",
        "failure notice",
        "delivery failure",
        "could not be delivered",
        "недоставлен",
        "не доставлен",
        "devolvid",
        "unzustellbar",
    ];
    let subject = letter.subject.to_lowercase();
    let is_answer = letter.header("Auto-Submitted").is_some_and(|value| value.starts_with("auto-replied"));
    let says_so =
        SUBJECTS.iter().any(|words| subject.contains(words)) || letter.header("X-Failed-Recipients").is_some();
    if is_answer && letter.header("X-Failed-Recipients").is_none() || !says_so {
        return None;
    }
    let text = &letter.text[..letter.text.floor_char_boundary(MAX_SEARCH)];
    let diagnostic = REPLY.captures(text).map(|found| cut(found[1].trim()));
    let status = diagnostic.as_deref().and_then(status_in).or_else(|| status_in(text));
    Some(Bounce { status, diagnostic })
}

fn status_in(text: &str) -> Option<String> {
    STATUS.captures(text).map(|found| found[1].to_owned())
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_DIAGNOSTIC).collect()
}

#[cfg(test)]
mod tests;
