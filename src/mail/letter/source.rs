//! The outside parser with our limits, and the repair of headers that are neither ASCII nor UTF-8.

use std::borrow::Cow;
use std::sync::LazyLock;

use mail_parser::{Charset, Message, MessageParser, MessagePart};

/// Containers inside each other that are opened; deeper ones stay closed and are said in `needs_eyes`.
const MAX_DEPTH: usize = 100;

/// Parts that are told apart; the rest of the letter stays inside the last.
const MAX_PARTS: usize = 1_000;

/// Where a charset is looked for when raw 8-bit headers need one, in octets.
const CHARSET_SEARCH: usize = 16 * 1024;

/// Lines that could be boundaries, above which fewer containers are opened: each of them is compared with the boundary of
/// each open container.
const MANY_DASHED_LINES: usize = 20_000;
/// Containers inside each other that are opened in such a letter.
const MAX_DEPTH_DASHED: usize = 10;

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| parser(MAX_DEPTH));
static DASHED_PARSER: LazyLock<MessageParser> = LazyLock::new(|| parser(MAX_DEPTH_DASHED));

/// Reads the structure; `None` where there is neither a header field nor a blank line.
pub(super) fn parse(raw: &[u8]) -> Option<Message<'_>> {
    let is_dashed = memchr::memmem::find_iter(raw, b"\n--").nth(MANY_DASHED_LINES).is_some();
    let parser = if is_dashed { &DASHED_PARSER } else { &PARSER };
    match readable_headers(raw) {
        Cow::Borrowed(raw) => parser.parse(raw),
        Cow::Owned(raw) => parser.parse_owned(raw),
    }
}

/// mail-parser 1.0 walks the parts with a list, not by recursion. Letters inside letters that are transfer-encoded
/// stay closed: they are downloads.
fn parser(max_depth: usize) -> MessageParser {
    MessageParser::new().max_depth(max_depth).max_parts(MAX_PARTS).max_encoded_nesting(0)
}

/// What a delivery status notification is made of (RFC 6522, RFC 3464).
pub(in crate::mail) struct DeliveryReport {
    /// The fields of the parts that say what became of the letter, where there is one.
    pub status: Option<String>,
    /// The letter is a `multipart/report` of any kind.
    pub is_report: bool,
}

/// Finds the `message/delivery-status` parts of a letter, at most 64 KiB of them.
pub(in crate::mail) fn delivery_report(raw: &[u8]) -> Option<DeliveryReport> {
    const MAX_STATUS: usize = 64 * 1024;
    let message = parse(raw)?;
    let is_report = message.root_part().is_content_type("multipart", "report");
    let is_status = |part: &MessagePart<'_>| {
        part.is_content_type("message", "delivery-status") || part.is_content_type("message", "global-delivery-status")
    };
    // Some servers put words for people into a first part of this type.
    let mut status: Option<String> = None;
    for part in message.root().parts().filter(is_status) {
        let content = part.decoded();
        let status = status.get_or_insert_default();
        let room = MAX_STATUS.saturating_sub(status.len());
        status.push_str(&String::from_utf8_lossy(&content[..content.len().min(room)]));
        status.push_str("\n\n");
    }
    Some(DeliveryReport { status, is_report })
}

/// What a complaint is made of (RFC 5965 §2).
pub(in crate::mail) struct FeedbackReport {
    /// The fields of the `message/feedback-report` part.
    pub fields: String,
    /// The letter that it is about, or its header alone; its first 64 KiB.
    pub original: Option<Vec<u8>>,
}

/// Finds the parts of a complaint; `None` where there is no `message/feedback-report`.
pub(in crate::mail) fn feedback_report(raw: &[u8]) -> Option<FeedbackReport> {
    const MOST: usize = 64 * 1024;
    let message = parse(raw)?;
    let bounded = |part: &MessagePart<'_>| {
        let content = part.decoded();
        content[..content.len().min(MOST)].to_vec()
    };
    let fields = message.root().parts().find(|part| part.is_content_type("message", "feedback-report"))?;
    let original = message.root().parts().find(|part| {
        part.is_content_type("message", "rfc822")
            || part.is_content_type("message", "global")
            || part.is_content_type("text", "rfc822-headers")
            || part.is_content_type("message", "rfc822-headers")
    });
    Some(FeedbackReport {
        fields: String::from_utf8_lossy(&bounded(&fields)).into_owned(),
        original: original.map(|part| bounded(&part)),
    })
}

/// The text of a text part, at most `max` octets. Where the part names no charset and is not UTF-8, the charset is
/// guessed.
pub(super) fn text<'x>(part: &MessagePart<'x>, max: usize) -> Option<Cow<'x, str>> {
    let named = part.content_type().is_some_and(|kind| kind.has_attribute("charset"));
    if !named && part.is_text() {
        let bytes = part.decoded();
        let head = &bytes[..bytes.len().min(max)];
        // An error without a length is a character that our own cut went through.
        if std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) {
            return Some(Cow::Owned(guess(head).decode(head).into_owned()));
        }
    }
    part.text_prefix_bytes(max)
}

/// The letter with the lines of its header that are not UTF-8 put into UTF-8: from the charset that the letter names,
/// else from a guess.
fn readable_headers(raw: &[u8]) -> Cow<'_, [u8]> {
    let end = header_end(raw);
    let (header, body) = raw.split_at(end);
    if std::str::from_utf8(header).is_ok() {
        return Cow::Borrowed(raw);
    }
    let charset = named_charset(header).or_else(|| named_charset(&body[..body.len().min(CHARSET_SEARCH)]));
    let mut repaired = Vec::with_capacity(raw.len() + header.len() / 8);
    for line in header.split_inclusive(|&b| b == b'\n') {
        match std::str::from_utf8(line) {
            Ok(_) => repaired.extend_from_slice(line),
            Err(_) => repaired.extend_from_slice(charset.unwrap_or_else(|| guess(line)).decode(line).as_bytes()),
        }
    }
    repaired.extend_from_slice(body);
    Cow::Owned(repaired)
}

fn header_end(raw: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', raw)
        .find(|&at| matches!(raw[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))
        .map_or(raw.len(), |at| at + 1)
}

/// The first charset that a text names and that is not UTF-8, which has been tried.
fn named_charset(text: &[u8]) -> Option<Charset> {
    const LABEL: &[u8] = b"charset=";
    let at = text.windows(LABEL.len()).position(|window| window.eq_ignore_ascii_case(LABEL))? + LABEL.len();
    let value = text[at..].trim_ascii_start();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let end = value.iter().position(|b| !b.is_ascii_alphanumeric() && !b"-_:".contains(b)).unwrap_or(value.len());
    Charset::from_label(&value[..end]).filter(|charset| !matches!(charset, Charset::Utf8) && *charset != ascii())
}

fn ascii() -> Charset {
    Charset::from_label(b"us-ascii").unwrap_or_default()
}

/// Western text has its accented letters one by one; Cyrillic text has runs of them.
fn guess(bytes: &[u8]) -> Charset {
    let (mut in_runs, mut alone) = (0_usize, 0_usize);
    for run in bytes.split(u8::is_ascii).map(<[u8]>::len) {
        match run {
            0 => {}
            1 => alone += 1,
            run => in_runs += run,
        }
    }
    if in_runs > alone { Charset::Windows1251 } else { Charset::Windows1252 }
}
